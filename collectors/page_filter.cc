#include "collectors/page_filter.h"

#include <algorithm>
#include <span>
#include <utility>

#include "collectors/label_set.h"
#include "collectors/name_pattern.h"
#include "collectors/series_sum.h"
#include "metrics/label_text.h"

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

constexpr std::string_view kUserId = "user_id";
constexpr std::string_view kNotAUserId = "not_a_user_id";  // as in rules/privacy_guard.h
constexpr char kReplacedValue[] = "other";

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool IsUuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::ranges::equal(text, kForm, [](char c, char form) { return form == '-' ? c == '-' : IsHexDigit(c); });
}

// Makes the labels of a series fit to be shown.
class LabelFilter {
 public:
  LabelFilter(const PageFilterOptions& options, FilteredPage& page) : options_(options), page_(page) {}

  void Apply(std::vector<ClientMetric::Label>& labels) {
    std::erase_if(labels, [&](const ClientMetric::Label& label) { return MatchesAny(options_.drop_labels, label.name); });
    for (ClientMetric::Label& label : labels) Apply(label);
    std::erase_if(labels, [](const ClientMetric::Label& label) { return label.value.empty(); });
  }

 private:
  void Apply(ClientMetric::Label& label) {
    const auto normaliser = options_.normalisers.find(label.name);
    if (normaliser != options_.normalisers.end()) label.value = FitLabelValue(normaliser->second(label.value));
    const std::string_view kind = Private(label, normaliser != options_.normalisers.end());
    if (kind.empty()) return;
    label.value = kReplacedValue;
    ++page_.replaced[std::string(kind)];
  }

  [[nodiscard]] std::string_view Private(const ClientMetric::Label& label, bool normalised) const {
    if (label.name == kUserId) return label.value.empty() || IsUuid(label.value) ? "" : kNotAUserId;
    return normalised || !options_.guard ? "" : options_.guard(label.name, label.value);
  }

  const PageFilterOptions& options_;
  FilteredPage& page_;
};

// Series whose labels are equal become one, at the place of the first.
size_t MergeEqual(MetricFamily& family) {
  TextMap<size_t> places;
  LabelSet set;
  std::vector<ClientMetric> merged;
  for (ClientMetric& metric : family.metric) {
    set.Read(metric.label);
    const auto [place, is_new] = places.emplace(set.key(), merged.size());
    if (is_new) {
      merged.push_back(std::move(metric));
    } else {
      AddSeries(family.type, metric, merged[place->second]);
    }
  }
  const size_t gone = family.metric.size() - merged.size();
  family.metric = std::move(merged);
  return gone;
}

// How many series each family may keep: `level`, and one more for the first `extra` of those that have more.
struct Share {
  size_t level = SIZE_MAX;
  size_t extra = 0;
};

Share ShareOf(std::span<const MetricFamily> families, size_t max_series) {
  std::vector<size_t> sizes;
  for (const MetricFamily& family : families) sizes.push_back(family.metric.size());
  std::ranges::sort(sizes);
  size_t left = max_series;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const size_t sharers = sizes.size() - i;
    if (sizes[i] > left / sharers) return {left / sharers, left % sharers};
    left -= sizes[i];
  }
  return {};
}

void CutToLimit(FilteredPage& page, size_t max_series) {
  auto [level, extra] = ShareOf(page.families, max_series);
  for (MetricFamily& family : page.families) {
    if (family.metric.size() <= level) continue;
    size_t keep = level;
    if (extra > 0) {
      --extra;
      ++keep;
    }
    page.over += family.metric.size() - keep;
    family.metric.resize(keep);
  }
  std::erase_if(page.families, [](const MetricFamily& family) { return family.metric.empty(); });
}

}  // namespace

std::vector<GroupPattern> GalleryGroups() {
  return {{"immich_ml_*", std::nullopt},
          {"immich_*_repository_*", Group::kRepo},
          {"immich_queues_*", Group::kJob},
          {"immich_jobs_*", Group::kJob},
          {"system_*", Group::kHost},
          {"process_*", Group::kHost},
          {"nodejs_*", Group::kHost},
          {"v8js_*", Group::kHost},
          {"*", Group::kApi}};
}

std::vector<std::string> FilteredPage::Notices() const {
  std::vector<std::string> notices;
  for (const auto& [kind, count] : replaced) {
    notices.push_back("label values that may not be shown (" + kind + ") are replaced by \"" + kReplacedValue + '"');
  }
  if (over > 0) notices.emplace_back("there are more series than may be shown: those beyond the limit are left out");
  return notices;
}

PageFilter::PageFilter(PageFilterOptions options) : options_(std::move(options)) {}

bool PageFilter::IsOn(std::string_view name) const {
  const auto matches = [&](const GroupPattern& pattern) { return MatchesPattern(pattern.pattern, name); };
  const auto found = std::ranges::find_if(options_.patterns, matches);
  return found == options_.patterns.end() || !found->group || options_.groups.test(IndexOf(*found->group));
}

bool PageFilter::IsKept(std::string_view name) const {
  return (options_.keep.empty() || MatchesAny(options_.keep, name)) && !MatchesAny(options_.drop, name);
}

FilteredPage PageFilter::Apply(std::vector<MetricFamily> families) const {
  FilteredPage page;
  LabelFilter labels(options_, page);
  for (MetricFamily& family : families) {
    if (!IsKept(family.name)) {
      ++page.dropped;
    } else if (!IsOn(family.name)) {
      ++page.off;
    } else {
      for (ClientMetric& metric : family.metric) labels.Apply(metric.label);
      page.merged += MergeEqual(family);
      page.families.push_back(std::move(family));
    }
  }
  CutToLimit(page, options_.max_series);
  return page;
}

}  // namespace logmill
