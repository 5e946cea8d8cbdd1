// The running daemon: everything that has a life, and the order in which it starts and stops.
//
//   file ─► Worker thread: source → splitter → decoder → matcher → Shard ─┐
//   file ─► Worker thread: ...                             → Shard ─┤
//                                                                       ▼
//                                                     Store ◄── HTTP thread: /metrics on two ports
//
// Start: store, endpoints (503 until the backlog is read), workers. Stop: workers, then endpoints.
#pragma once

#include <array>
#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config.h"
#include "daemon/self_collector.h"
#include "daemon/worker.h"
#include "metrics/http_server.h"
#include "metrics/metrics_endpoint.h"
#include "metrics/process_metrics.h"
#include "metrics/store.h"
#include "rules/rule_set.h"

namespace logmill {

class Pipeline {
 public:
  // Opens the endpoints that the configuration's groups ask for and starts the workers; or says what stood in the way.
  static std::expected<std::unique_ptr<Pipeline>, std::string> Start(Config config, RuleSet rules);
  // Stops and joins all threads; what was read is counted.
  ~Pipeline();

  // URL of each open endpoint's landing page.
  [[nodiscard]] std::vector<std::string> Urls() const;

 private:
  Pipeline(Config config, RuleSet rules);
  std::expected<void, std::string> OpenEndpoints();
  void StartWorkers();
  void Render(Endpoint endpoint, bool with_own_metrics, ExpositionFormat format, std::string& out);
  [[nodiscard]] std::string NotReady() const;

  struct Port {
    Endpoint endpoint;
    std::string address;
  };

  const Config config_;
  const RuleSet rules_;
  Store store_;
  FileRegistry files_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<MetricsEndpoint>> endpoints_;
  ProcessMetrics process_;
  std::unique_ptr<SelfCollector> self_;
  std::array<std::atomic<size_t>, 2> exposition_problems_{};  // of each Endpoint's last page
  std::unique_ptr<HttpServer> server_;
  std::vector<std::jthread> threads_;
};

}  // namespace logmill
