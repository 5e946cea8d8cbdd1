#include "rules/metric_agreement.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rules/metric_names.h"
#include "rules/wording.h"

namespace logmill {
namespace {

std::string PlaceText(const Place& place) { return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column); }

std::string LabelText(const FamilySpec& family) {
  const std::vector<std::string_view> names(family.label_names.begin(), family.label_names.end());
  return names.empty() ? "no labels" : "the labels " + JoinNames(names);
}

std::string PortText(const FamilySpec& family) {
  return family.endpoint == Endpoint::kMicroservices ? "group job" : "a group other than job";
}

bool SameLabels(const FamilySpec& a, const FamilySpec& b) {
  return std::is_permutation(a.label_names.begin(), a.label_names.end(), b.label_names.begin(), b.label_names.end());
}

// What the other metric of this name has that this one has not, or "".
std::string Difference(const FamilySpec& other, const FamilySpec& family) {
  if (other.type != family.type) return "is a " + std::string(MetricTypeName(other.type));
  if (!SameLabels(other, family)) return "has " + LabelText(other);
  if (other.help != family.help) return "has the help " + Quote(other.help);
  if (other.buckets != family.buckets) return "has other buckets";
  if (other.endpoint != family.endpoint) return "belongs to " + PortText(other) + " and so is on another port";
  return {};
}

template <typename T>
void Reorder(const std::vector<size_t>& from, std::vector<T>& items) {
  std::vector<T> ordered;
  for (const size_t index : from) ordered.push_back(std::move(items[index]));
  items = std::move(ordered);
}

// Same labels, other order: follows `names`.
void OrderLabels(const std::vector<std::string>& names, MetricSpec& metric) {
  if (names == metric.family.label_names) return;
  std::vector<size_t> from;
  const auto& own = metric.family.label_names;
  for (const std::string& name : names) from.push_back(static_cast<size_t>(std::find(own.begin(), own.end(), name) - own.begin()));
  for (auto& row : metric.family.init) Reorder(from, row);
  Reorder(from, metric.labels);
  Reorder(from, metric.family.label_names);
}

class Agreement {
 public:
  explicit Agreement(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void Add(MetricSpec& metric) {
    const auto [first, added] = first_.try_emplace(metric.family.name, &metric);
    if (added) return Claim(metric);
    const MetricSpec& other = *first->second;
    const std::string difference = Difference(other.family, metric.family);
    if (difference.empty()) return OrderLabels(other.family.label_names, metric);
    diagnostics_.Error(metric.place, Quote(metric.family.name) + " " + difference + " in " + PlaceText(other.place) +
                                         "; rules that feed one metric have to agree on its type, help, labels, buckets and port");
  }

 private:
  void Claim(const MetricSpec& metric) {
    for (std::string& name : ExposedNames(metric.family.name, metric.family.type)) {
      const auto [owner, added] = claims_.try_emplace(std::move(name), &metric);
      if (added) continue;
      const MetricSpec& other = *owner->second;
      diagnostics_.Error(metric.place, Quote(metric.family.name) + " and the " + std::string(MetricTypeName(other.family.type)) + " " +
                                           Quote(other.family.name) + " in " + PlaceText(other.place) + " would both be shown as " +
                                           Quote(owner->first) + "; rename one of them");
      return;
    }
  }

  Diagnostics& diagnostics_;
  std::unordered_map<std::string, const MetricSpec*> first_;
  std::unordered_map<std::string, const MetricSpec*> claims_;
};

}  // namespace

void AgreeOnMetrics(std::vector<RuleSpec>& rules, Diagnostics& diagnostics) {
  Agreement agreement(diagnostics);
  for (RuleSpec& rule : rules) {
    for (MetricSpec& metric : rule.metrics) {
      if (MetricNameProblem(metric.family.name).empty()) agreement.Add(metric);
    }
  }
}

}  // namespace logmill
