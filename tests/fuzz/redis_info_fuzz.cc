// Any INFO: a bounded number of series, each once, with a finite value, and no label that is not plain text.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "collectors/redis_activity_families.h"
#include "collectors/redis_activity_metrics.h"

namespace {

constexpr size_t kCommands = 3;
constexpr size_t kMaxText = 64;

void Require(bool holds) {
  if (!holds) std::abort();
}

bool IsPlain(const std::string& text) {
  return text.size() <= kMaxText && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

size_t CheckFamily(const prometheus::MetricFamily& family) {
  std::set<std::string> seen;
  for (const prometheus::ClientMetric& metric : family.metric) {
    std::string key;
    for (const auto& label : metric.label) {
      Require(IsPlain(label.value));
      key += label.value + ' ';
    }
    Require(seen.insert(key).second);
    const double value = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
    Require(std::isfinite(value) && value >= 0);
  }
  return seen.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const logmill::RedisInfo info(text);
  for (const auto& field : info.Under("")) Require(info.Text(field.name) == field.value);
  logmill::RedisCommandBudget budget(kCommands);
  size_t series = 0;
  for (const auto& family : logmill::RedisActivityFamilies(info, budget)) series += CheckFamily(family);
  Require(series <=
          logmill::RedisMetrics().size() + 2 * logmill::kMaxRedisDatabases + 2 * kCommands + kCommands * logmill::kMaxRedisPercentiles);
  return 0;
}
