#include "metrics/exposition.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>

#include "metrics/label_text.h"
#include "metrics/sample_writer.h"

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Type = prometheus::MetricType;  // logmill has a MetricType of its own

Type TypeOf(const FamilySpec& spec) {
  switch (spec.type) {
    case MetricType::kCounter:
      return Type::Counter;
    case MetricType::kGauge:
      return Type::Gauge;
    case MetricType::kHistogram:
      return Type::Histogram;
  }
  return Type::Untyped;
}

std::string_view TypeWord(Type type, ExpositionFormat format) {
  switch (type) {
    case Type::Counter:
      return "counter";
    case Type::Gauge:
      return "gauge";
    case Type::Summary:
      return "summary";
    case Type::Histogram:
      return "histogram";
    case Type::Untyped:
      break;
  }
  return format == ExpositionFormat::kOpenMetrics ? "unknown" : "untyped";
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLabelName(std::string_view name) {
  return !name.empty() && IsLetter(name[0]) && std::ranges::all_of(name, [](char c) { return IsLetter(c) || IsDigit(c); });
}

bool IsMetricName(std::string_view name) {
  return !name.empty() && !IsDigit(name[0]) && std::ranges::all_of(name, [](char c) { return IsLetter(c) || IsDigit(c) || c == ':'; });
}

// Where a family's series come from: a family of the store, or one collected.
using Source = std::variant<FamilyId, const MetricFamily*>;

struct Family {
  Type type;
  std::string help;
  bool yields = false;          // all of its sources are of parts that do
  bool shares = false;          // all of its sources are of parts that do
  std::vector<Source> sources;  // none: a family of the store that has no series yet
};

// A series rendered apart from the page, to be sorted in. Of two with the same labels the one that came first goes first.
struct Block {
  std::string labels;
  size_t arrival;
  std::string lines;
};

class Page {
 public:
  Page(const Store* store, ExpositionFormat format) : store_(store), format_(format) {}

  void AddStore(std::optional<Endpoint> endpoint);
  void AddParts(std::span<const PagePart> parts);
  Exposition Render();

 private:
  size_t AddPart(const PagePart& part);
  // False: it yields to one that is there. Without a source it only keeps the name.
  bool Add(const std::string& metric, Family family);
  // The family that has this name or one of its samples'; null: none.
  [[nodiscard]] std::map<std::string, Family>::value_type* FindRival(const std::string& name, Type type);
  void Reserve();
  void WriteHead(const std::string& name, const Family& family);
  void WriteFamily(const std::string& name, const Family& family);
  void WriteStoreFamily(const std::string& name, const Family& family, FamilyId id);
  void WriteSorted(const std::string& name, const Family& family);
  void AddStoreBlocks(const std::string& name, const Family& family, FamilyId id, std::vector<Block>& blocks) const;
  void AddCollectedBlocks(const std::string& name, const MetricFamily& family, std::vector<Block>& blocks);
  void Problem(std::string sentence) { page_.problems.push_back(std::move(sentence)); }

  const Store* const store_;
  const ExpositionFormat format_;
  std::map<std::string, Family> families_;
  std::unordered_map<std::string, std::string> claimed_;  // sample name → family
  Exposition page_;
};

void Page::AddStore(std::optional<Endpoint> endpoint) {
  if (store_ == nullptr) return;
  for (FamilyId id = 0; id < store_->families().size(); ++id) {
    const FamilySpec& spec = store_->families()[id];
    if (endpoint && spec.endpoint != *endpoint) continue;
    Family family{.type = TypeOf(spec), .help = spec.help, .sources = {}};
    if (store_->HasSeries(id)) family.sources.emplace_back(id);
    Add(spec.name, std::move(family));
  }
}

void Page::AddParts(std::span<const PagePart> parts) {
  page_.shadowed.resize(parts.size());
  for (const bool yields : {false, true}) {
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].yields == yields) page_.shadowed[i] = AddPart(parts[i]);
    }
  }
}

size_t Page::AddPart(const PagePart& part) {
  size_t shadowed = 0;
  for (const MetricFamily& family : part.families) {
    if (family.metric.empty()) continue;
    if (!Add(family.name, {family.type, family.help, part.yields, part.shares, {&family}})) ++shadowed;
  }
  return shadowed;
}

bool Page::Add(const std::string& metric, Family family) {
  if (!IsMetricName(metric)) {
    Problem("metric left out: \"" + CleanText(metric) + "\" is not a metric name");
    return true;
  }
  const std::string name = FamilyName(metric, family.type, format_);
  auto* const rival = FindRival(name, family.type);
  if (rival == nullptr) {
    for (std::string& sample : SampleNames(name, family.type, format_)) claimed_.emplace(std::move(sample), name);
    families_.emplace(name, std::move(family));
  } else if (family.yields && !rival->second.yields &&
             !(rival->second.shares && rival->first == name && rival->second.type == family.type)) {
    return false;
  } else if (rival->first != name) {
    Problem("metric left out: " + name + " would have samples of the same name as " + rival->first);
  } else if (rival->second.type != family.type) {
    Problem("metric left out: " + metric + " exists with another type");
  } else {
    rival->second.shares &= family.shares || family.yields;
    rival->second.sources.insert(rival->second.sources.end(), family.sources.begin(), family.sources.end());
  }
  return true;
}

std::map<std::string, Family>::value_type* Page::FindRival(const std::string& name, Type type) {
  if (const auto same = families_.find(name); same != families_.end()) return &*same;
  for (const std::string& sample : SampleNames(name, type, format_)) {
    if (const auto claimed = claimed_.find(sample); claimed != claimed_.end()) return &*families_.find(claimed->second);
  }
  return nullptr;
}

Exposition Page::Render() {
  Reserve();
  for (const auto& [name, family] : families_) WriteFamily(name, family);
  if (format_ == ExpositionFormat::kOpenMetrics) page_.text += "# EOF\n";
  return std::move(page_);
}

// One allocation is much cheaper than growing a page of megabytes.
void Page::Reserve() {
  constexpr size_t kBytesPerLabel = 24;
  constexpr size_t kBytesBeside = 16;
  size_t bytes = 4096;
  for (const auto& [name, family] : families_) {
    const auto* id = family.sources.empty() ? nullptr : std::get_if<FamilyId>(&family.sources[0]);
    if (id == nullptr) continue;
    const FamilySpec& spec = store_->families()[*id];
    const size_t lines = (spec.buckets.empty() ? 1 : spec.buckets.size() + 3) + (format_ == ExpositionFormat::kOpenMetrics ? 1 : 0);
    bytes += store_->SeriesCount(*id) * lines * (name.size() + kBytesBeside + spec.label_names.size() * kBytesPerLabel);
  }
  page_.text.reserve(bytes);
}

void Page::WriteHead(const std::string& name, const Family& family) {
  std::string& out = page_.text;
  if (!family.help.empty()) {
    out += "# HELP " + name + ' ';
    AppendEscaped(out, CleanText(family.help), format_ == ExpositionFormat::kOpenMetrics);
    out += '\n';
  }
  out += "# TYPE " + name + ' ';
  out += TypeWord(family.type, format_);
  out += '\n';
}

void Page::WriteFamily(const std::string& name, const Family& family) {
  if (family.sources.empty()) return;
  const auto* id = std::get_if<FamilyId>(&family.sources[0]);
  if (id != nullptr && family.sources.size() == 1) return WriteStoreFamily(name, family, *id);
  WriteSorted(name, family);
}

void Page::WriteStoreFamily(const std::string& name, const Family& family, FamilyId id) {
  WriteHead(name, family);
  SampleWriter writer(page_.text, name, family.type, format_, store_->families()[id].buckets);
  store_->Visit(id, [&writer](const SeriesView& series) { writer.Write(series); });
}

void Page::WriteSorted(const std::string& name, const Family& family) {
  std::vector<Block> blocks;
  for (const Source& source : family.sources) {
    if (const auto* id = std::get_if<FamilyId>(&source)) {
      AddStoreBlocks(name, family, *id, blocks);
    } else {
      AddCollectedBlocks(name, *std::get<const MetricFamily*>(source), blocks);
    }
  }
  if (blocks.empty()) return;
  std::ranges::sort(blocks, {}, [](const Block& block) { return std::tie(block.labels, block.arrival); });
  WriteHead(name, family);
  const Block* last = nullptr;
  for (const Block& block : blocks) {
    if (last != nullptr && last->labels == block.labels) {
      Problem("series left out: " + name + '{' + block.labels + "} exists twice");
      continue;
    }
    page_.text += block.lines;
    last = &block;
  }
}

void Page::AddStoreBlocks(const std::string& name, const Family& family, FamilyId id, std::vector<Block>& blocks) const {
  std::string lines;
  SampleWriter writer(lines, name, family.type, format_, store_->families()[id].buckets);
  store_->Visit(id, [&](const SeriesView& series) {
    writer.Write(series);
    blocks.push_back({std::string(series.labels), blocks.size(), std::exchange(lines, {})});
  });
}

void Page::AddCollectedBlocks(const std::string& name, const MetricFamily& family, std::vector<Block>& blocks) {
  std::string lines;
  SampleWriter writer(lines, name, family.type, format_);
  for (const ClientMetric& metric : family.metric) {
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const ClientMetric::Label& label : metric.label) {
      names.push_back(label.name);
      values.push_back(CleanText(label.value));
    }
    if (!std::ranges::all_of(names, IsLabelName)) {
      Problem("series left out: a label name of " + name + " is not valid");
      continue;
    }
    const std::vector<std::string_view> views(values.begin(), values.end());
    std::string labels = RenderLabels(names, views);
    writer.Write(labels, metric);
    blocks.push_back({std::move(labels), blocks.size(), std::exchange(lines, {})});
  }
}

}  // namespace

Exposition RenderExposition(const Store* store, std::optional<Endpoint> endpoint, std::span<const PagePart> parts,
                            ExpositionFormat format) {
  Page page(store, format);
  page.AddStore(endpoint);
  page.AddParts(parts);
  return page.Render();
}

}  // namespace logmill
