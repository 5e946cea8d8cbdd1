// The families of a page, put together from its samples.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/label_set.h"
#include "collectors/page_faults.h"
#include "collectors/page_lexer.h"
#include "collectors/page_names.h"
#include "collectors/page_parser.h"

namespace logmill {

// Add() every sample of a page in its order, then Finish(). `names`, `limits`, `faults` and the page outlive it.
class PageFamilies {
 public:
  PageFamilies(const PageNames& names, PageFormat format, const PageLimits& limits, PageFaults& faults)
      : names_(names), format_(format), limits_(limits), faults_(faults) {}

  // `line`: its number, for reports.
  void Add(size_t line, const SampleLine& sample);

  // Sound families in the order of their first samples; what is not sound is counted.
  std::vector<prometheus::MetricFamily> Finish();

  // Samples whose value is a number, whatever became of them.
  [[nodiscard]] uint64_t numbers() const { return numbers_; }

 private:
  // Which of the samples that a histogram or summary has once were there.
  struct Parts {
    bool count = false;
    bool sum = false;
  };
  struct Family {
    prometheus::MetricFamily shown;
    TextMap<size_t> series;    // by LabelSet::key()
    std::vector<Parts> parts;  // of each series
  };
  struct Known {
    SampleMeaning meaning;
    std::optional<size_t> family;  // index; nothing before its first series
  };
  struct Place {
    size_t family;
    size_t series;
    bool is_new;
  };
  // The series of the sample before. Most samples belong to the same one: they need not be looked up.
  struct Last {
    std::optional<size_t> family;
    size_t series = 0;
    std::vector<SampleLine::Label> labels;
  };

  void Fault(PageFault fault, const char* reason) { faults_.Count(fault, line_, sample_->name, reason); }
  Known& Know(std::string_view sample);
  bool SplitLabels(const SampleMeaning& meaning);
  bool ReadBound(const SampleMeaning& meaning, std::optional<std::string_view> text);
  bool ReadLabels();
  bool ReadLabel(const SampleLine::Label& label);
  bool Fits();
  std::optional<Place> Find(Known& known);
  std::optional<Place> FindByLabels(Known& known);
  prometheus::ClientMetric& At(const Place& place) { return families_[place.family].shown.metric[place.series]; }
  Parts& PartsAt(const Place& place) { return families_[place.family].parts[place.series]; }
  size_t FamilyOf(const SampleMeaning& meaning);
  void AddValue(Known& known, double value);
  void AddQuantile(Known& known, double value);
  void AddSum(Known& known, double value);
  void AddCount(Known& known);
  void AddBucket(Known& known);
  void FinishSeries(Family& family);
  std::string HelpOf(std::string_view declared) const;

  const PageNames& names_;
  const PageFormat format_;
  const PageLimits& limits_;
  PageFaults& faults_;
  ViewMap<Known> known_;     // by sample name
  ViewMap<size_t> indexes_;  // by family name
  std::vector<Family> families_;
  size_t series_count_ = 0;
  uint64_t numbers_ = 0;

  // The sample at hand.
  size_t line_ = 0;
  const SampleLine* sample_ = nullptr;
  std::vector<SampleLine::Label> own_labels_;            // all but `le` or `quantile`
  double bound_ = 0;                                     // the value of that
  std::vector<prometheus::ClientMetric::Label> labels_;  // what own_labels_ mean, when they are not those of `last_`
  LabelSet label_set_;
  Last last_;
};

}  // namespace logmill
