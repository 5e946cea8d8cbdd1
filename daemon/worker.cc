#include "daemon/worker.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "ingest/glob.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;

constexpr auto kSearchInterval = 1s;      // how soon a new file is found when the folder's watch did not tell
constexpr auto kSearchPause = 100ms;      // between two searches at least, however much happens in the folders
constexpr int kReadsInARow = 16;          // then the next source has its turn

}  // namespace

Worker::Worker(const std::vector<SourceConfig>& sources, const RuleSet& rules, Shard& shard, FileRegistry& files, unsigned index, unsigned count)
    : sources_(sources),
      rules_(rules),
      files_(files),
      index_(index),
      count_(count),
      matcher_(rules, shard),
      states_(std::make_unique<SourceState[]>(sources.size())),
      lag_bytes_(sources.size()) {}

void Worker::Run(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { Wake(); });
  auto interval = std::chrono::milliseconds(250);
  for (const SourceConfig& source : sources_) interval = std::min(interval, source.poll_interval);
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_search_) {
      FindFiles();
      next_search_ = now + kSearchInterval;
    }
    if (PumpAll()) continue;
    caught_up_.store(true, std::memory_order_release);
    if (watcher_.Wait(static_cast<int>(interval.count())) == Watcher::Event::kChanged) next_search_ = std::min(next_search_, now + kSearchPause);
    for (const std::string& complaint : watcher_.TakeComplaints()) spdlog::warn("{}", complaint);
  }
}

void Worker::FindFiles() {
  for (size_t i = 0; i < sources_.size(); ++i) {
    const SourceConfig& config = sources_[i];
    if (config.is_stdin) {
      if (index_ == 0 && !followers_.contains("stdin")) Open(i, "stdin", FollowDescriptor(STDIN_FILENO, "stdin"));
      continue;
    }
    for (std::string& path : ExpandGlob(config.path)) {
      if (followers_.contains(path) || std::hash<std::string>{}(path) % count_ != index_) continue;
      // A file that appears later is new: all of it counts.
      const StartAt start = first_search_ ? config.from : StartAt::kStart;
      auto input = FollowFile(path, start, files_);
      Open(i, std::move(path), std::move(input));
    }
  }
  first_search_ = false;
}

void Worker::Open(size_t source, std::string name, std::unique_ptr<Source> input) {
  SourceState& state = states_[source];
  auto stream = std::make_unique<Stream>(std::move(input), sources_[source].stream, rules_.field_paths(), matcher_, state.ledger);
  watcher_.Add(name);
  followers_.emplace(std::move(name), Follower{std::move(stream), source, {}, false});
  state.files.fetch_add(1, std::memory_order_relaxed);
}

bool Worker::PumpAll() {
  bool progress = false;
  std::ranges::fill(lag_bytes_, 0);
  for (auto& [name, follower] : followers_) {
    progress |= Pump(follower);
    lag_bytes_[follower.source] += follower.stream->source().LagBytes();
  }
  for (size_t i = 0; i < lag_bytes_.size(); ++i) states_[i].ledger.lag_bytes.store(lag_bytes_[i], std::memory_order_relaxed);
  return progress;
}

bool Worker::Pump(Follower& follower) {
  if (follower.ended) return false;
  for (int i = 0; i < kReadsInARow; ++i) {
    const Stream::Status status = follower.stream->Pump();
    if (status == Stream::Status::kProgress) continue;
    if (status == Stream::Status::kEnd) follower.ended = true;
    if (status == Stream::Status::kError) Report(follower);
    return i > 0;
  }
  return true;
}

// The same trouble is logged once, however often it is met.
void Worker::Report(Follower& follower) {
  states_[follower.source].errors.fetch_add(1, std::memory_order_relaxed);
  if (follower.stream->error() == follower.last_error) return;
  follower.last_error = follower.stream->error();
  spdlog::error("Cannot read {}: {}; will try again", follower.stream->source().name(), follower.last_error);
}

}  // namespace logmill
