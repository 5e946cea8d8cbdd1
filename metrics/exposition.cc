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
  std::vector<Source> sources;
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
  void AddCollected(const MetricFamily& family);
  Exposition Render();

 private:
  void Add(const std::string& metric, Type type, const std::string& help, Source source);
  bool ClaimNames(const std::string& name, Type type);
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
    if (store_->HasSeries(id)) Add(spec.name, TypeOf(spec), spec.help, id);
  }
}

void Page::AddCollected(const MetricFamily& family) {
  if (!family.metric.empty()) Add(family.name, family.type, family.help, &family);
}

void Page::Add(const std::string& metric, Type type, const std::string& help, Source source) {
  if (!IsMetricName(metric)) return Problem("metric left out: \"" + CleanText(metric) + "\" is not a metric name");
  const std::string name = FamilyName(metric, type, format_);
  const auto known = families_.find(name);
  if (known != families_.end() && known->second.type == type) {
    known->second.sources.push_back(source);
  } else if (known != families_.end()) {
    Problem("metric left out: " + metric + " exists with another type");
  } else if (ClaimNames(name, type)) {
    families_.emplace(name, Family{type, help, {source}});
  }
}

bool Page::ClaimNames(const std::string& name, Type type) {
  const std::vector<std::string> names = SampleNames(name, type, format_);
  for (const std::string& sample : names) {
    const auto claimed = claimed_.find(sample);
    if (claimed == claimed_.end()) continue;
    Problem("metric left out: " + name + " would have samples of the same name as " + claimed->second);
    return false;
  }
  for (const std::string& sample : names) claimed_.emplace(sample, name);
  return true;
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
    const auto* id = std::get_if<FamilyId>(&family.sources[0]);
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

Exposition RenderExposition(const Store* store, std::optional<Endpoint> endpoint, std::span<const MetricFamily> collected,
                            ExpositionFormat format) {
  Page page(store, format);
  page.AddStore(endpoint);
  for (const MetricFamily& family : collected) page.AddCollected(family);
  return page.Render();
}

}  // namespace logmill
