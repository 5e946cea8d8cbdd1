// Our own numbers as metric families: what the workers, the store and the endpoints did.
#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/worker.h"
#include "metrics/http_server.h"
#include "metrics/metrics_endpoint.h"
#include "metrics/store.h"

namespace logmill {

// Reads only atomics and what is locked for moments; called by the endpoint's thread at each scrape.
class SelfCollector final : public prometheus::Collectable {
 public:
  // All outlive the collector. `started_ms`: Unix time of the program's start.
  SelfCollector(const std::vector<SourceConfig>& sources, const RuleSet& rules, const Store& store,
                const std::vector<std::unique_ptr<Worker>>& workers, const std::vector<std::unique_ptr<MetricsEndpoint>>& endpoints,
                int64_t started_ms);

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  using Families = std::vector<prometheus::MetricFamily>;
  void CollectSources(Families& families) const;
  void CollectRules(Families& families) const;
  void CollectEndpoints(Families& families) const;

  const std::vector<SourceConfig>& sources_;
  const RuleSet& rules_;
  const Store& store_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  const std::vector<std::unique_ptr<MetricsEndpoint>>& endpoints_;
  const int64_t started_ms_;
};

}  // namespace logmill
