#include "daemon/worker.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "ingest/glob.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;

constexpr auto kSearchInterval = 1s;  // how soon a new file is found when the folder's watch did not tell
constexpr auto kSearchPause = 100ms;  // between two searches at least, however much happens in the folders
// Open files that the system allows; half of them are left for clients of the endpoints and the rest of the program.
size_t FileLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<size_t>(limit.rlim_cur) : 1024;
}

constexpr int kReadsInARow = 16;  // then the next source has its turn

}  // namespace

Worker::Worker(const std::vector<SourceConfig>& sources, const RuleSet& rules, Shard& shard, FileRegistry& files, unsigned index,
               unsigned count)
    : sources_(sources),
      files_(files),
      index_(index),
      count_(count),
      matcher_(rules, shard),
      states_(std::make_unique<SourceState[]>(sources.size())),
      totals_(sources.size()),
      most_files_(FileLimit() / 2 / count) {}

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
    const bool progress = PumpAll();
    // A writer that never rests must not keep us from being ready: what counts is what was there at the start.
    if (std::ranges::all_of(followers_, [](const auto& entry) { return entry.second.backlog == 0; })) {
      caught_up_.store(true, std::memory_order_release);
    }
    if (progress) continue;
    if (watcher_.Wait(static_cast<int>(interval.count())) == Watcher::Event::kChanged) {
      next_search_ = std::min(next_search_, now + kSearchPause);
    }
    for (const std::string& complaint : watcher_.TakeComplaints()) spdlog::warn("{}", complaint);
  }
}

void Worker::FindFiles() {
  for (size_t i = 0; i < sources_.size() && FindFilesOf(i); ++i) {
  }
  if (!std::exchange(first_search_, false)) return;
  for (auto& [name, follower] : followers_) follower.backlog = follower.stream->source().LagBytes();
}

bool Worker::FindFilesOf(size_t source) {
  const SourceConfig& config = sources_[source];
  if (config.is_stdin) {
    if (index_ == 0 && !followers_.contains("stdin")) Open(source, "stdin", FollowDescriptor(STDIN_FILENO, "stdin"));
    return true;
  }
  for (std::string& path : ExpandGlob(config.path)) {
    if (followers_.contains(path) || std::hash<std::string>{}(path) % count_ != index_) continue;
    if (followers_.size() + leaving_.size() >= most_files_) {
      ReportTooMany();
      return false;
    }
    // A file that appears later is new: all of it counts.
    const StartAt start = first_search_ ? config.from : StartAt::kStart;
    auto input = FollowFile(path, start, files_, SystemClock());
    Open(source, std::move(path), std::move(input));
  }
  return true;
}

void Worker::Open(size_t source, std::string name, std::unique_ptr<Source> input) {
  SourceState& state = states_[source];
  auto stream = std::make_unique<Stream>(std::move(input), sources_[source].stream, matcher_, state.ledger);
  watcher_.Add(name);
  followers_.emplace(std::move(name), Follower{std::move(stream), source});
}

bool Worker::PumpAll() {
  bool progress = false;
  std::ranges::fill(totals_, Totals());
  std::erase_if(leaving_, [&](Follower& follower) { return Pump(follower, &progress) == Stream::Status::kEnd; });
  for (auto at = followers_.begin(); at != followers_.end();) {
    const Stream::Status status = Pump(at->second, &progress);
    const bool lost = status == Stream::Status::kMoved || (status == Stream::Status::kEnd && !sources_[at->second.source].is_stdin);
    // The name is free for the file that has it now, or will have it.
    if (lost) {
      next_search_ = {};
      progress = true;
    }
    if (status == Stream::Status::kMoved) leaving_.push_back(std::move(at->second));
    at = lost ? followers_.erase(at) : std::next(at);
  }
  for (size_t i = 0; i < totals_.size(); ++i) {
    states_[i].ledger.lag_bytes.store(totals_[i].lag_bytes, std::memory_order_relaxed);
    states_[i].files.store(totals_[i].files, std::memory_order_relaxed);
  }
  return progress;
}

Stream::Status Worker::Pump(Follower& follower, bool* progress) {
  Stream::Status status = Stream::Status::kProgress;
  for (int i = 0; i < kReadsInARow && status == Stream::Status::kProgress; ++i) {
    status = follower.stream->Pump();
    if (status == Stream::Status::kProgress) *progress = true;
  }
  // At its end once, or past what was there at the start.
  if (status != Stream::Status::kProgress || follower.stream->position() >= follower.backlog) follower.backlog = 0;
  if (status == Stream::Status::kError) Report(follower);
  totals_[follower.source].lag_bytes += follower.stream->source().LagBytes();
  ++totals_[follower.source].files;
  return status;
}

void Worker::ReportTooMany() {
  if (!std::exchange(too_many_reported_, true)) {
    spdlog::error("More than {} files match: the others are not read; raise the limit of open files (ulimit -n, LimitNOFILE=)",
                  most_files_);
  }
}

// The same trouble is logged once, however often it is met.
void Worker::Report(Follower& follower) {
  states_[follower.source].errors.fetch_add(1, std::memory_order_relaxed);
  if (follower.stream->error() == follower.last_error) return;
  follower.last_error = follower.stream->error();
  spdlog::error("{}; will try again", follower.last_error);
}

}  // namespace logmill
