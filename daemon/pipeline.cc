#include "daemon/pipeline.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "daemon/receivers.h"
#include "daemon/version.h"
#include "metrics/exposition.h"
#include "metrics/self_metrics.h"

namespace logmill {
namespace {

constexpr std::chrono::seconds kCapturePatience{30};
constexpr char kSpooledKey[] = "spool/sequence";  // of a checkpoint's counts: everything read is in the spool before it
constexpr size_t kMostKnown = 4'000'000;

std::string Title(Endpoint endpoint) {
  std::string title = "Logmill: " + std::string(EndpointName(endpoint));
  std::ranges::replace(title, '_', ' ');
  return title;
}

}  // namespace

Pipeline::Pipeline(Config config, RuleSet rules)
    : config_(std::move(config)),
      rules_(std::move(rules)),
      store_(rules_.families(), SystemClock()),
      collectors_(config_, SystemClock(), {&store_, [this] { return Progress(); }}) {
  for (const Endpoint endpoint : kEndpoints) {
    if (config_.Opens(endpoint)) ports_.push_back({endpoint, config_.ListenAddressOf(endpoint)});
  }
}

std::expected<std::unique_ptr<Pipeline>, std::string> Pipeline::Start(Config config, RuleSet rules) {
  std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(config), std::move(rules)));
  auto checkpoint = pipeline->LoadState();
  if (!checkpoint) return std::unexpected(checkpoint.error());
  if (auto opened = pipeline->OpenSpool(*checkpoint); !opened) return std::unexpected(opened.error());
  pipeline->MakeParts(*checkpoint);
  if (auto opened = pipeline->OpenEndpoints(); !opened) return std::unexpected(opened.error());
  if (pipeline->shipping_ != nullptr) pipeline->shipping_->Start();
  pipeline->collectors_.Start();
  if (auto started = pipeline->StartReceivers(); !started) return std::unexpected(started.error());
  pipeline->StartThreads();
  return pipeline;
}

Pipeline::~Pipeline() {
  const bool ran = !threads_.empty();
  receivers_.clear();
  checkpoint_thread_ = {};
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  if (checkpointer_ != nullptr && ran) checkpointer_->WriteNow();
  if (shipping_ != nullptr) shipping_->Stop();
  collectors_.Stop();
  server_.reset();
}

std::expected<Checkpoint, std::string> Pipeline::LoadState() {
  if (config_.state.empty()) return Checkpoint();
  auto folder = StateFolder::Open(config_.state);
  if (!folder) return std::unexpected(folder.error());
  state_ = std::move(*folder);
  auto loaded = state_->Load();
  if (!loaded) return std::unexpected(loaded.error());
  for (const std::string& damaged : loaded->damaged) spdlog::error("{}", damaged);
  Checkpoint checkpoint = std::move(loaded->checkpoint).value_or(Checkpoint());
  checkpointer_ = std::make_unique<Checkpointer>(
      CheckpointerOptions{.interval = config_.checkpoint_interval,
                          .generation = checkpoint.generation,
                          .version = kVersion,
                          .changes = [this] { return Changes(); },
                          .gather = [this] { return Gather(); },
                          .on_written = [this] { KeepSpooled(); },
                          .on_error = [](const std::string& sentence) { spdlog::error("No checkpoint: {}; will try again", sentence); },
                          .on_recovery = [](const std::string& sentence) { spdlog::info("{}", sentence); }},
      *state_, SystemClock());
  checkpointer_->stats().damaged = loaded->damaged.size();
  RestoreSeries(checkpoint.series);
  KeepOrphans(checkpoint.positions);
  return checkpoint;
}

void Pipeline::RestoreSeries(const StoreState& series) {
  const RestoreReport report = store_.Restore(series, rules_.fingerprints());
  checkpointer_->stats().dropped_series = report.DroppedSeries();
  for (const RestoreReport::Dropped& dropped : report.dropped) {
    spdlog::warn("{}: {} series of the last run are left out, since {}", dropped.metric, dropped.series,
                 dropped.gone ? "no rule feeds it any more" : "its rules count something else now");
  }
}

void Pipeline::KeepOrphans(const std::vector<Position>& positions) {
  std::ranges::copy_if(positions, std::back_inserter(orphans_), [this](const Position& position) {
    return std::ranges::none_of(config_.sources, [&](const SourceConfig& source) { return Owns(source, position, config_.sources); });
  });
}

std::expected<void, std::string> Pipeline::OpenSpool(const Checkpoint& checkpoint) {
  if (!config_.shipping.enabled()) return {};
  const auto spooled = std::ranges::find(checkpoint.counts, kSpooledKey, [](const auto& count) { return std::string_view(count.first); });
  SpoolOptions options = config_.shipping.options;
  if (spooled != checkpoint.counts.end()) options.not_before = spooled->second;
  auto shipping = Shipping::Open(std::move(options), SystemClock());
  if (!shipping) return std::unexpected(shipping.error());
  shipping_ = std::move(*shipping);
  if (const std::string& damage = shipping_->spool().damage(); !damage.empty()) spdlog::error("{}", damage);
  // A life that ended before its first checkpoint has left records, too.
  written_ = spooled != checkpoint.counts.end() ? spooled->second : shipping_->spool().first_sequence();
  auto known = shipping_->spool().IdsFrom(written_, kMostKnown);
  if (!known.empty()) known_ = std::make_shared<KnownRecords>(std::move(known));
  shipping_->KeepFrom(written_);
  for (const DestinationConfig& destination : config_.shipping.destinations) {
    ShipperOptions options = destination.shipper;
    options.folder = config_.shipping.spool;
    options.on_error = [](const std::string& sentence) { spdlog::error("{}", sentence); };
    options.on_recovery = [](const std::string& sentence) { spdlog::info("{}", sentence); };
    shipping_->Add(std::move(options), destination.make());
  }
  return {};
}

std::unique_ptr<Intake> Pipeline::MakeIntake(unsigned worker) {
  if (shipping_ == nullptr) return nullptr;
  return std::make_unique<Intake>(
      IntakeOptions{
          .admission = {.filter = &config_.shipping.filter,
                        .redaction = config_.shipping.redaction,
                        .known = known_,
                        .index = worker,
                        .count = config_.workers},
          .writer = {.on_error = [](const std::string& sentence) { spdlog::error("Logs are not spooled: {}; will try again", sentence); },
                     .on_recovery = [](const std::string& sentence) { spdlog::info("{}", sentence); }}},
      shipping_->spool());
}

void Pipeline::MakeParts(const Checkpoint& checkpoint) {
  MakeFeeds(checkpoint.positions);
  MakeWorkers(checkpoint);
  self_ = std::make_unique<SelfCollector>(SelfCollector::Parts{.sources = config_.sources,
                                                               .rules = rules_,
                                                               .store = store_,
                                                               .feeds = feeds_,
                                                               .receivers = receivers_,
                                                               .workers = workers_,
                                                               .endpoints = endpoints_,
                                                               .collectors = collectors_,
                                                               .checkpointer = checkpointer_.get(),
                                                               .shipping = shipping_.get(),
                                                               .spool_limit = config_.shipping.max_bytes},
                                          SystemClock().UnixMillis());
}

void Pipeline::MakeFeeds(const std::vector<Position>& positions) {
  feeds_.resize(config_.sources.size());
  for (size_t i = 0; i < feeds_.size(); ++i) {
    const SourceConfig& source = config_.sources[i];
    if (!IsReceived(source)) continue;
    Feed::Options options;
    options.name = source.name;
    options.replayable = std::holds_alternative<DockerOptions>(source.input) || std::holds_alternative<JournalOptions>(source.input);
    options.wake = [this, i] { workers_[i % workers_.size()]->Wake(); };
    for (const Position& position : positions) {
      if (position.file.path.empty() && position.source == source.name) options.cursor = position.cursor;
    }
    feeds_[i] = std::make_unique<Feed>(std::move(options));
  }
}

void Pipeline::MakeWorkers(const Checkpoint& checkpoint) {
  const auto soon = [this] {
    if (checkpointer_ != nullptr) checkpointer_->RequestSoon();
  };
  std::function<bool()> blocked;
  if (shipping_ != nullptr) blocked = [this] { return shipping_->blocks(); };
  const WorkerShare share{config_.sources, rules_, files_, feeds_, SystemClock(), soon, blocked};
  for (unsigned i = 0; i < config_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(share, store_.AddShard(), i, config_.workers, checkpoint.positions, MakeIntake(i)));
  }
  known_.reset();
  workers_.front()->Restore(checkpoint.counts);
  images_.resize(workers_.size());
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
    listener.setting = "listen." + std::string(EndpointName(port.endpoint));
    listeners.push_back(std::move(listener));
  }
  auto server = HttpServer::Start(std::move(listeners), HttpOptions());
  if (!server) return std::unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

std::expected<void, std::string> Pipeline::StartReceivers() {
  receivers_.resize(feeds_.size());
  for (size_t i = 0; i < feeds_.size(); ++i) {
    if (feeds_[i] == nullptr) continue;
    auto receiver = StartReceiver(config_.sources[i], *feeds_[i], SystemClock());
    if (!receiver) return std::unexpected(receiver.error());
    receivers_[i] = std::move(*receiver);
  }
  return {};
}

void Pipeline::StartThreads() {
  for (auto& worker : workers_) threads_.emplace_back([&worker](std::stop_token stop) { worker->Run(stop); });
  if (checkpointer_ != nullptr) checkpoint_thread_ = std::jthread([this](std::stop_token stop) { checkpointer_->Run(stop); });
}

uint64_t Pipeline::Changes() const {
  uint64_t changes = 0;
  for (const auto& worker : workers_) changes += worker->changes();
  return changes;
}

LogProgress Pipeline::Progress() const {
  LogProgress progress{.caught_up = caught_up(), .lines = 0};
  for (const auto& worker : workers_) {
    for (size_t i = 0; i < config_.sources.size(); ++i) progress.lines += worker->source(i).published.Read().lines_read;
  }
  return progress;
}

// Of one moment for each worker: a worker's streams and what it counted belong together, and no two workers share either.
std::optional<Checkpoint> Pipeline::Gather() {
  const bool stopped = threads_.empty();
  std::vector<const ShardImage*> shards;
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (stopped && !workers_[i]->opened()) return std::nullopt;  // the last checkpoint says more than we know
    if (stopped) {
      workers_[i]->CaptureHere(&images_[i]);
    } else if (!workers_[i]->Capture(&images_[i], kCapturePatience)) {
      spdlog::warn("No checkpoint: a worker did not come to rest for {} s", kCapturePatience.count());
      return std::nullopt;
    }
    shards.push_back(&images_[i].shard);
  }
  Checkpoint checkpoint;
  checkpoint.series = store_.Assemble(shards, rules_.fingerprints());
  checkpoint.positions = orphans_;
  std::map<std::string, uint64_t> counts;
  for (const WorkerImage& image : images_) {
    checkpoint.positions.insert(checkpoint.positions.end(), image.positions.begin(), image.positions.end());
    for (const auto& [key, count] : image.counts) counts[key] += count;
  }
  checkpoint.counts.assign(counts.begin(), counts.end());
  if (shipping_ != nullptr) NoteSpooled(checkpoint);
  return checkpoint;
}

// What a checkpoint says to have been read has to be in the spool after a power loss, too. Metrics do not wait for a spool that fails.
void Pipeline::NoteSpooled(Checkpoint& checkpoint) {
  uint64_t spooled = UINT64_MAX;
  for (const WorkerImage& image : images_) spooled = std::min(spooled, image.spooled);
  gathered_ = spooled;
  checkpoint.counts.emplace_back(kSpooledKey, spooled);
  if (const auto synced = shipping_->spool().Sync(); !synced)
    spdlog::error("The spool may lose logs if the power fails: {}", synced.error());
}

// The one before is kept as well, and may be what the next start finds.
void Pipeline::KeepSpooled() {
  if (shipping_ != nullptr) shipping_->KeepFrom(std::exchange(written_, gathered_));
}

std::vector<prometheus::MetricFamily> Pipeline::OwnMetrics() const {
  std::vector<prometheus::MetricFamily> own = self_->Collect();
  auto process = process_.Collect();
  std::move(process.begin(), process.end(), std::back_inserter(own));
  size_t problems = 0;
  for (const auto& count : exposition_problems_) problems += count;
  own.push_back(MakeFamily(SelfMetric::kExpositionProblems, {}, static_cast<double>(problems)));
  return own;
}

void Pipeline::Render(Endpoint endpoint, bool with_own_metrics, ExpositionFormat format, std::string& out) {
  const auto own = with_own_metrics ? OwnMetrics() : std::vector<prometheus::MetricFamily>();
  const CollectorParts::Shown collected = collectors_.Show(endpoint);
  std::vector<PagePart> parts{{own}};
  parts.insert(parts.end(), collected.parts.begin(), collected.parts.end());
  Exposition page = RenderExposition(&store_, endpoint, parts, format);
  collectors_.Note(endpoint, std::span(page.shadowed).subspan(1));
  // The same contradiction comes at every scrape: it is logged when it is new.
  if (page.problems.size() != exposition_problems_[IndexOf(endpoint)].exchange(page.problems.size())) {
    for (const std::string& problem : page.problems) spdlog::error("Left out of the metrics page: {}", problem);
  }
  out = std::move(page.text);
}

std::string Pipeline::NotReady() const {
  if (!caught_up()) return "reading what was logged before the start";
  // Else a file that is renamed before a crash would not be found again although a page had shown its lines.
  if (checkpointer_ != nullptr && !checkpointer_->tried()) return "writing the first checkpoint";
  return "";
}

bool Pipeline::caught_up() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->caught_up(); });
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
