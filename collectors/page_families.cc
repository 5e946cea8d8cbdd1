#include "collectors/page_families.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

#include "collectors/page_series.h"
#include "metrics/label_text.h"
#include "metrics/sample_writer.h"

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Type = prometheus::MetricType;  // logmill has a MetricType of its own

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The label that a family's own samples are told apart by, "" for most.
std::string_view BoundName(Type type) {
  if (type == Type::Histogram) return "le";
  return type == Type::Summary ? "quantile" : "";
}

ClientMetric NewSeries(const std::vector<ClientMetric::Label>& labels) {
  ClientMetric metric;
  metric.label = labels;
  metric.histogram.sample_sum = metric.summary.sample_sum = kNaN;
  return metric;
}

void SetValue(ClientMetric& metric, Type type, double value) {
  if (type == Type::Counter) metric.counter.value = value;
  if (type == Type::Gauge) metric.gauge.value = value;
  if (type == Type::Untyped) metric.untyped.value = value;
}

// In each of the formats, as the exposition claims them: no two families may have samples of one name.
class ClaimedNames {
 public:
  // Null when the names were free, else why the family cannot be shown.
  const char* Claim(const MetricFamily& family) {
    std::vector<std::string> names;
    for (const ExpositionFormat format : {ExpositionFormat::kText, ExpositionFormat::kOpenMetrics}) {
      const std::string shown = FamilyName(family.name, family.type, format);
      if (shown.empty()) return "a counter that is called _total has no name in OpenMetrics";
      for (const std::string& name : SampleNames(shown, family.type, format)) {
        names.push_back((format == ExpositionFormat::kText ? "text " : "openmetrics ") + name);
      }
    }
    if (std::ranges::any_of(names, [&](const std::string& name) { return claimed_.contains(name); })) {
      return "two families share a name, in one format or the other";
    }
    claimed_.insert(names.begin(), names.end());
    return nullptr;
  }

 private:
  std::unordered_set<std::string, TextHash, std::equal_to<>> claimed_;
};

}  // namespace

void PageFamilies::Add(size_t line, const SampleLine& sample) {
  line_ = line;
  sample_ = &sample;
  const auto value = ReadValue(sample.value);
  if (!value) return faults_.Count(PageFault::kValue, line, names_.NameForReports(sample.name), "the value is no number");
  ++numbers_;
  if (!Fits()) return Fault(PageFault::kTooLong, "a name is too long, or there are too many labels");
  Known& known = Know(sample.name);
  if (known.meaning.role == SampleRole::kCreated) return;
  if (known.meaning.role == SampleRole::kNone) return Fault(PageFault::kLine, "a histogram has no sample of its own name");
  if (!SplitLabels(known.meaning)) return;
  switch (known.meaning.role) {
    case SampleRole::kQuantile:
      return AddQuantile(known, *value);
    case SampleRole::kBucket:
      return AddBucket(known);
    case SampleRole::kSum:
      return AddSum(known, *value);
    case SampleRole::kCount:
      return AddCount(known);
    default:
      return AddValue(known, *value);
  }
}

bool PageFamilies::Fits() {
  return sample_->name.size() <= limits_.max_name_bytes && sample_->labels.size() <= limits_.max_labels &&
         std::ranges::all_of(sample_->labels, [&](const auto& label) { return label.name.size() <= limits_.max_name_bytes; });
}

PageFamilies::Known& PageFamilies::Know(std::string_view sample) {
  const auto found = known_.find(sample);
  if (found != known_.end()) return found->second;
  return known_.emplace(sample, Known{names_.Meaning(sample), std::nullopt}).first->second;
}

bool PageFamilies::SplitLabels(const SampleMeaning& meaning) {
  const std::string_view bound_name = BoundName(meaning.type);
  std::optional<std::string_view> bound;
  own_labels_.clear();
  for (const SampleLine::Label& label : sample_->labels) {
    if (label.name != bound_name) {
      own_labels_.push_back(label);
    } else if (std::exchange(bound, label.value)) {
      Fault(PageFault::kLabel, "a label stands there twice");
      return false;
    }
  }
  return ReadBound(meaning, bound);
}

bool PageFamilies::ReadBound(const SampleMeaning& meaning, std::optional<std::string_view> text) {
  const bool quantile = meaning.role == SampleRole::kQuantile;
  const bool wanted = quantile || meaning.role == SampleRole::kBucket;
  if (!wanted && !text) return true;
  bound_ = wanted && text ? ReadValue(*text).value_or(kNaN) : kNaN;
  if (!std::isnan(bound_) && (!quantile || (bound_ >= 0 && bound_ <= 1))) return true;
  Fault(PageFault::kLabel, meaning.type == Type::Histogram ? "an impossible label le" : "an impossible label quantile");
  return false;
}

bool PageFamilies::ReadLabels() {
  labels_.clear();
  for (const SampleLine::Label& label : own_labels_) {
    if (!ReadLabel(label)) return false;
  }
  if (!label_set_.Read(labels_)) {
    Fault(PageFault::kLabel, "a label stands there twice");
    return false;
  }
  std::erase_if(labels_, [](const ClientMetric::Label& label) { return label.value.empty(); });
  return label_set_.Read(labels_);
}

bool PageFamilies::ReadLabel(const SampleLine::Label& label) {
  if (label.name.starts_with("__")) {
    Fault(PageFault::kLabel, "label names that begin with __ are reserved");
    return false;
  }
  std::string value;
  Unescape(label.value, true, &value);
  if (!IsCleanText(value)) value = CleanText(value);
  if (value.size() > limits_.max_value_bytes) {
    Fault(PageFault::kTooLong, "a label's value is too long");
    return false;
  }
  labels_.push_back({std::string(label.name), std::move(value)});
  return true;
}

size_t PageFamilies::FamilyOf(const SampleMeaning& meaning) {
  const auto [found, is_new] = indexes_.emplace(meaning.family, families_.size());
  if (is_new) {
    families_.emplace_back();
    MetricFamily& shown = families_.back().shown;
    shown.name = meaning.family;
    shown.help = HelpOf(meaning.declared);
    shown.type = meaning.type;
  }
  return found->second;
}

// The series with the labels at hand, made if need be; nothing when they are no good, or when there are too many.
std::optional<PageFamilies::Place> PageFamilies::Find(Known& known) {
  if (known.family && known.family == last_.family && own_labels_ == last_.labels) return Place{*last_.family, last_.series, false};
  const auto place = ReadLabels() ? FindByLabels(known) : std::nullopt;
  last_.family.reset();
  if (!place) return std::nullopt;
  last_.family = place->family;
  last_.series = place->series;
  last_.labels.swap(own_labels_);
  return place;
}

std::optional<PageFamilies::Place> PageFamilies::FindByLabels(Known& known) {
  const bool full = series_count_ >= limits_.max_series;
  if (!known.family && (!full || indexes_.contains(known.meaning.family))) known.family = FamilyOf(known.meaning);
  if (known.family) {
    const auto& series = families_[*known.family].series;
    const auto found = series.find(label_set_.key());
    if (found != series.end()) return Place{*known.family, found->second, false};
  }
  if (full) {
    Fault(PageFault::kTooMany, "the page holds more than can be shown");
    return std::nullopt;
  }
  Family& family = families_[*known.family];
  const size_t index = family.shown.metric.size();
  family.series.emplace(label_set_.key(), index);
  family.shown.metric.push_back(NewSeries(labels_));
  family.parts.emplace_back();
  ++series_count_;
  return Place{*known.family, index, true};
}

void PageFamilies::AddValue(Known& known, double value) {
  if (known.meaning.type == Type::Counter && !(value >= 0)) return Fault(PageFault::kValue, "a counter is negative or NaN");
  const auto place = Find(known);
  if (!place) return;
  if (!place->is_new) return Fault(PageFault::kDuplicate, "a series stands there twice");
  SetValue(At(*place), known.meaning.type, value);
}

void PageFamilies::AddQuantile(Known& known, double value) {
  if (const auto place = Find(known)) At(*place).summary.quantile.push_back({bound_, value});
}

void PageFamilies::AddBucket(Known& known) {
  const auto count = ReadCount(sample_->value);
  if (!count) return Fault(PageFault::kValue, "a count is negative or not whole");
  if (const auto place = Find(known)) At(*place).histogram.bucket.push_back({*count, bound_});
}

void PageFamilies::AddSum(Known& known, double value) {
  const auto place = Find(known);
  if (!place) return;
  if (std::exchange(PartsAt(*place).sum, true)) return Fault(PageFault::kDuplicate, "a sum stands there twice");
  At(*place).histogram.sample_sum = At(*place).summary.sample_sum = value;
}

void PageFamilies::AddCount(Known& known) {
  const auto count = ReadCount(sample_->value);
  if (!count) return Fault(PageFault::kValue, "a count is negative or not whole");
  const auto place = Find(known);
  if (!place) return;
  if (std::exchange(PartsAt(*place).count, true)) return Fault(PageFault::kDuplicate, "a count stands there twice");
  At(*place).histogram.sample_count = At(*place).summary.sample_count = *count;
}

std::string PageFamilies::HelpOf(std::string_view declared) const {
  std::string help;
  Unescape(names_.Help(declared), format_ == PageFormat::kOpenMetrics, &help);
  return std::string(Trimmed(FitLabelValue(help)));
}

void PageFamilies::FinishSeries(Family& family) {
  const bool histogram = family.shown.type == Type::Histogram;
  if (!histogram && family.shown.type != Type::Summary) return;
  size_t duplicates = 0;
  std::vector<ClientMetric> sound;
  for (size_t i = 0; i < family.shown.metric.size(); ++i) {
    ClientMetric& metric = family.shown.metric[i];
    const bool has_count = family.parts[i].count;
    const char* wrong =
        histogram ? FinishHistogram(metric.histogram, has_count, &duplicates) : FinishSummary(metric.summary, has_count, &duplicates);
    if (wrong == nullptr) {
      sound.push_back(std::move(metric));
    } else {
      faults_.Count(PageFault::kUnsound, 0, family.shown.name, wrong);
    }
  }
  for (; duplicates > 0; --duplicates) faults_.Count(PageFault::kDuplicate, 0, family.shown.name, "a bound stands there twice");
  family.shown.metric = std::move(sound);
}

std::vector<MetricFamily> PageFamilies::Finish() {
  std::vector<MetricFamily> finished;
  ClaimedNames claimed;
  for (Family& family : families_) {
    FinishSeries(family);
    if (family.shown.metric.empty()) continue;
    if (const char* wrong = claimed.Claim(family.shown)) {
      faults_.Count(PageFault::kClash, 0, family.shown.name, wrong);
    } else {
      finished.push_back(std::move(family.shown));
    }
  }
  families_.clear();
  return finished;
}

}  // namespace logmill
