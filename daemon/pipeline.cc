#include "daemon/pipeline.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/version.h"
#include "metrics/exposition.h"
#include "metrics/self_metrics.h"

namespace logmill {
namespace {

constexpr auto kJob = static_cast<size_t>(Group::kJob);

std::string_view Title(Endpoint endpoint) { return endpoint == Endpoint::kApi ? "Logmill: api" : "Logmill: microservices"; }

}  // namespace

Pipeline::Pipeline(Config config, RuleSet rules)
    : config_(std::move(config)), rules_(std::move(rules)), store_(rules_.families(), SystemClock()) {
  for (unsigned i = 0; i < config_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(config_.sources, rules_, store_.AddShard(), files_, i, config_.workers));
  }
  const GroupSet not_job = kAllGroups & ~GroupSet().set(kJob);
  if ((config_.groups() & not_job).any()) ports_.push_back({Endpoint::kApi, config_.listen_api});
  if (config_.groups().test(kJob)) ports_.push_back({Endpoint::kMicroservices, config_.listen_microservices});
  self_ = std::make_unique<SelfCollector>(config_.sources, rules_, store_, workers_, endpoints_, SystemClock().UnixMillis());
}

std::expected<std::unique_ptr<Pipeline>, std::string> Pipeline::Start(Config config, RuleSet rules) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(config), std::move(rules)));
  if (auto opened = pipeline->OpenEndpoints(); !opened) return std::unexpected(opened.error());
  pipeline->StartWorkers();
  return pipeline;
}

Pipeline::~Pipeline() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  server_.reset();
}

std::expected<void, std::string> Pipeline::OpenEndpoints() {
  if (ports_.empty()) return {};
  std::vector<HttpListener> listeners;
  for (const Port& port : ports_) {
    // Our own metrics stand on the first open port only, so that sums over ports count them once.
    const bool own = &port == &ports_.front();
    MetricsEndpointOptions options;
    options.title = Title(port.endpoint);
    options.version = kVersion;
    options.render = [this, endpoint = port.endpoint, own](ExpositionFormat format, std::string& out) {
      Render(endpoint, own, format, out);
    };
    options.not_ready = [this] { return NotReady(); };
    endpoints_.push_back(std::make_unique<MetricsEndpoint>(std::move(options), SystemClock()));
    HttpListener listener;
    listener.address = port.address;
    listener.handler = [handler = endpoints_.back().get()](const HttpRequest& request) { return handler->Handle(request); };
    listener.setting = port.endpoint == Endpoint::kApi ? "listen.api" : "listen.microservices";
    listeners.push_back(std::move(listener));
  }
  auto server = HttpServer::Start(std::move(listeners), HttpOptions());
  if (!server) return std::unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

void Pipeline::StartWorkers() {
  for (auto& worker : workers_) threads_.emplace_back([&worker](std::stop_token stop) { worker->Run(stop); });
}

void Pipeline::Render(Endpoint endpoint, bool with_own_metrics, ExpositionFormat format, std::string& out) {
  std::vector<prometheus::MetricFamily> own;
  if (with_own_metrics) {
    own = self_->Collect();
    auto process = process_.Collect();
    std::move(process.begin(), process.end(), std::back_inserter(own));
  }
  if (with_own_metrics)
    own.push_back(MakeFamily(SelfMetric::kExpositionProblems, {}, static_cast<double>(exposition_problems_[0] + exposition_problems_[1])));
  Exposition page = RenderExposition(&store_, endpoint, own, format);
  // The same contradiction comes at every scrape: it is logged when it is new.
  if (page.problems.size() != exposition_problems_[static_cast<size_t>(endpoint)].exchange(page.problems.size())) {
    for (const std::string& problem : page.problems) spdlog::error("Left out of the metrics page: {}", problem);
  }
  out = std::move(page.text);
}

std::string Pipeline::NotReady() const {
  const bool ready = std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->caught_up(); });
  return ready ? "" : "reading what was logged before the start";
}

std::vector<std::string> Pipeline::Urls() const {
  std::vector<std::string> urls;
  for (size_t i = 0; i < ports_.size(); ++i) {
    const std::string host = ports_[i].address.substr(0, ports_[i].address.rfind(':'));
    const bool any = host.empty() || host == "0.0.0.0" || host == "[::]";
    urls.push_back("http://" + (any ? "127.0.0.1" : host) + ":" + std::to_string(server_->port(i)) + "/metrics");
  }
  return urls;
}

}  // namespace logmill
