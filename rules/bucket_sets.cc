#include "rules/bucket_sets.h"

#include <limits>

#include "rules/metric_names.h"
#include "rules/wording.h"

namespace logmill {
namespace {

constexpr size_t kMaxBuckets = 200;

// Upper bounds, ascending, at least one.
std::optional<std::vector<double>> ReadBounds(const YamlValue& list) {
  std::vector<double> bounds;
  const auto items = list.List();
  bool fine = list.is_list();
  if (fine && (items.empty() || items.size() > kMaxBuckets)) {
    list.Error("a histogram has 1 to " + std::to_string(kMaxBuckets) + " buckets (+Inf comes by itself), found " +
               std::to_string(items.size()));
    fine = false;
  }
  for (const YamlValue& item : items) {
    const auto bound = item.Number(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
    if (bound && !bounds.empty() && *bound <= bounds.back()) item.Error("buckets have to ascend; this one is not above the one before");
    fine = fine && bound && (bounds.empty() || *bound > bounds.back());
    if (bound) bounds.push_back(*bound);
  }
  return fine ? std::optional(std::move(bounds)) : std::nullopt;
}

}  // namespace

BucketSets::BucketSets() {
  sets_["latency_ms"] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000};
  sets_["latency_seconds"] = {0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  sets_["count"] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
  for (double bytes = 0x1p10; bytes <= 0x1p32; bytes *= 4) sets_["size_bytes"].push_back(bytes);
}

void BucketSets::Read(const YamlValue& bucket_sets) {
  const BucketSets built_in;
  for (const auto& [key, value] : YamlMap(bucket_sets).Entries()) {
    const std::string& name = key.node().text;
    if (const std::string problem = PlainNameProblem(name); !problem.empty()) key.Error(problem);
    if (built_in.sets_.contains(name)) key.Error(Quote(name) + " is a built-in set; choose another name");
    sets_[name] = ReadBounds(value).value_or(std::vector<double>{1});  // a stand-in, so that metrics that use it are not blamed too
  }
}

std::optional<std::vector<double>> BucketSets::Resolve(const YamlValue& buckets) const {
  if (!buckets.is_scalar()) return ReadBounds(buckets);
  const std::string& name = buckets.node().text;
  if (const auto found = sets_.find(name); found != sets_.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, bounds] : sets_) names.push_back(known);
  const std::string near = DidYouMean(name, names);
  buckets.Error("no bucket set named " + Quote(name) + (near.empty() ? "; there are: " + JoinNames(names) : near));
  return std::nullopt;
}

}  // namespace logmill
