// Our own numbers as metric families: what the workers, the store and the endpoints did.
#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/checkpointer.h"
#include "daemon/collector_parts.h"
#include "daemon/worker.h"
#include "metrics/metrics_endpoint.h"
#include "metrics/store.h"
#include "net/http_server.h"
#include "shipping/shipping.h"

namespace logmill {

// Reads only atomics and what is locked for moments; called by the endpoint's thread at each scrape.
class SelfCollector final : public prometheus::Collectable {
 public:
  // What it tells of. All outlive the collector.
  struct Parts {
    const std::vector<SourceConfig>& sources;
    const RuleSet& rules;
    const Store& store;
    const std::vector<std::unique_ptr<Feed>>& feeds;          // as the sources, null where one has none
    const std::vector<std::unique_ptr<Receiver>>& receivers;  // as the feeds
    const std::vector<std::unique_ptr<Worker>>& workers;
    const std::vector<std::unique_ptr<MetricsEndpoint>>& endpoints;
    const CollectorParts& collectors;
    const Checkpointer* checkpointer;  // null: no checkpoints are kept
    const Shipping* shipping;          // null: nothing is shipped
    uint64_t spool_limit;              // bytes
  };
  // `started_ms`: Unix time of the program's start.
  SelfCollector(Parts parts, int64_t started_ms) : parts_(parts), started_ms_(started_ms) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  using Families = std::vector<prometheus::MetricFamily>;
  void CollectSources(Families& families) const;
  void CollectRules(Families& families) const;
  void CollectReceivers(Families& families) const;
  void CollectCollectors(Families& families) const;
  void CollectCheckpoints(Families& families) const;
  void CollectEndpoints(Families& families) const;

  const Parts parts_;
  const int64_t started_ms_;
};

}  // namespace logmill
