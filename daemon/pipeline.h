// The running daemon: everything that has a life, and the order in which it starts and stops.
//
//   receivers (Docker, journald, syslog, HTTP) ─► Feed ─┐
//                                                file ─┴► Worker thread: source → splitter → assembler → decoder → matcher → Shard ─┐
//                                                file ──► Worker thread: ...                                               → Shard ─┤
//                                                                                                                                   ▼
//                     StateFolder ◄── Checkpointer thread ◄── images of all workers      HTTP thread: /metrics on the ports ◄──┬── Store
//                                                                                                                               │
//                     PostgreSQL, Redis, /proc, other programs' /metrics ─► Collector threads, one each: last snapshots ────────┘
//                     (one more compares what the store and the others have)
//
//                     Worker ─► Intake (filters, redaction) ─► Spool ─► Shipper threads, one a destination ─► Loki, Elasticsearch...
//
// Start: state folder and store (as the checkpoint left it), spool, endpoints (503 until the backlog is read), shippers, collectors,
// receivers, workers, checkpointer.
// Stop: receivers, workers (which take what the receivers left), checkpointer with the last checkpoint, shippers (which try to deliver what
// is in the spool for a bounded time), collectors, endpoints.
#pragma once

#include <array>
#include <atomic>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/state_folder.h"
#include "daemon/checkpointer.h"
#include "daemon/collector_parts.h"
#include "daemon/config.h"
#include "daemon/self_collector.h"
#include "daemon/worker.h"
#include "metrics/metrics_endpoint.h"
#include "metrics/process_metrics.h"
#include "metrics/store.h"
#include "net/http_server.h"
#include "rules/rule_set.h"
#include "shipping/shipping.h"

namespace logmill {

class Pipeline {
 public:
  // Opens the endpoints that the configuration's groups ask for and starts the workers; or says what stood in the way.
  static std::expected<std::unique_ptr<Pipeline>, std::string> Start(Config config, RuleSet rules);
  // Stops and joins all threads; what was read is counted, and in the last checkpoint.
  ~Pipeline();

  // URL of each open endpoint's landing page.
  [[nodiscard]] std::vector<std::string> Urls() const;

 private:
  Pipeline(Config config, RuleSet rules);
  void MakeParts(const Checkpoint& checkpoint);
  // What the state folder held, if anything.
  std::expected<Checkpoint, std::string> LoadState();
  void RestoreSeries(const StoreState& series);
  void KeepOrphans(const std::vector<Position>& positions);
  std::expected<void, std::string> OpenSpool(const Checkpoint& checkpoint);
  void MakeFeeds(const std::vector<Position>& positions);
  void MakeWorkers(const Checkpoint& checkpoint);
  std::unique_ptr<Intake> MakeIntake(unsigned worker);
  std::expected<void, std::string> OpenEndpoints();
  std::expected<void, std::string> StartReceivers();
  void StartThreads();
  void NoteSpooled(Checkpoint& checkpoint);
  void KeepSpooled();
  [[nodiscard]] uint64_t Changes() const;
  [[nodiscard]] LogProgress Progress() const;
  std::optional<Checkpoint> Gather();
  [[nodiscard]] std::vector<prometheus::MetricFamily> OwnMetrics() const;
  void Render(Endpoint endpoint, bool with_own_metrics, ExpositionFormat format, std::string& out);
  [[nodiscard]] std::string NotReady() const;
  [[nodiscard]] bool caught_up() const;

  struct Port {
    Endpoint endpoint;
    std::string address;
  };

  const Config config_;
  const RuleSet rules_;
  Store store_;
  FileRegistry files_;
  std::unique_ptr<StateFolder> state_;        // null: nothing is kept
  std::vector<Position> orphans_;             // of sources that are not configured now: kept for when they are again
  std::unique_ptr<Shipping> shipping_;        // null: nothing is shipped
  std::shared_ptr<KnownRecords> known_;       // what an earlier life spooled after its last checkpoint, until the workers have it
  uint64_t gathered_ = 0;                     // where the spool was when a checkpoint was gathered last; the checkpointer's
  uint64_t written_ = 0;                      // and when the one was that is on disk
  std::vector<std::unique_ptr<Feed>> feeds_;  // as the sources; null where one needs none
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<WorkerImage> images_;             // as the workers; of the last checkpoint, the checkpointer's
  std::unique_ptr<Checkpointer> checkpointer_;  // null: nothing is kept
  CollectorParts collectors_;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<MetricsEndpoint>> endpoints_;
  ProcessMetrics process_;
  std::unique_ptr<SelfCollector> self_;
  std::array<std::atomic<size_t>, kEndpointCount> exposition_problems_{};  // of each Endpoint's last page
  std::unique_ptr<HttpServer> server_;
  std::vector<std::unique_ptr<Receiver>> receivers_;  // as the feeds
  std::vector<std::jthread> threads_;                 // of the workers
  std::jthread checkpoint_thread_;
};

}  // namespace logmill
