// The collectors that the configuration asks for, and what they have on the metrics pages.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/telemetry.h"
#include "collectors/collector.h"
#include "collectors/collector_set.h"
#include "collectors/scrape_collector.h"
#include "daemon/config.h"
#include "daemon/disagreement_collector.h"
#include "metrics/exposition.h"

namespace logmill {

class CollectorParts {
 public:
  // Makes them; none is started. `clock` outlives it. `log`: what the others are compared with, if it has a store and a source.
  CollectorParts(const Config& config, const Clock& clock, LogView log = {});
  CollectorParts(const CollectorParts&) = delete;
  CollectorParts& operator=(const CollectorParts&) = delete;

  // From then on they write to the daemon's log: errors once an attempt.
  void Start();
  // Ends their threads, within about a second. What they have shown last stays.
  void Stop() { set_.Stop(); }

  // What they show at one endpoint now: a part each, in the order of `runners`. Valid as long as it lives. Those of scrapes yield.
  struct Shown {
    std::vector<std::shared_ptr<const Collected>> snapshots;
    std::vector<PagePart> parts;
  };
  [[nodiscard]] Shown Show(Endpoint endpoint) const;
  // Takes what became of them (Exposition::shadowed). Any thread.
  void Note(Endpoint endpoint, std::span<const size_t> shadowed);

  [[nodiscard]] const std::vector<std::unique_ptr<CollectorRunner>>& runners() const { return set_.runners(); }
  // The i-th runner's collector, if it is a scrape, else null.
  [[nodiscard]] const ScrapeCollector* scrape(size_t i) const { return scrapes_[i]; }
  // Families that it has lost on the last pages to others of the same names. Any thread.
  [[nodiscard]] size_t shadowed(size_t i) const;

 private:
  void AddServers(const CollectorsConfig& config, GroupSet groups);
  void AddScrape(const ScrapeConfig& config);
  void AddDisagreement(const CollectorsConfig& config, LogView log, const Clock& clock);
  void Add(std::string name, const CollectorTiming& timing, std::unique_ptr<Collector> collector, const ScrapeCollector* scrape = nullptr);

  std::vector<const ScrapeCollector*> scrapes_;                            // as the runners, which own them; null: another collector
  std::array<std::vector<std::atomic<size_t>>, kEndpointCount> shadowed_;  // by Endpoint, as the runners
  CollectorSet set_;
};

}  // namespace logmill
