#include "daemon/worker.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "daemon/source_order.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr auto kDrainTime = 2s;  // at the stop, for what receivers handed over
constexpr int kReadsInARow = 4;  // then the next source has its turn

// Open files that the system allows; half of them are left for clients of the endpoints and the rest of the program.
size_t FileLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<size_t>(limit.rlim_cur) : 1024;
}

}  // namespace

Worker::Worker(WorkerShare share, Shard& shard, unsigned index, unsigned count, const std::vector<Position>& positions,
               std::unique_ptr<Intake> intake)
    : share_(std::move(share)),
      index_(index),
      count_(count),
      shard_(shard),
      matcher_(share_.rules, shard),
      intake_(std::move(intake)),
      schedule_(share_.sources, followers_, share_.clock,
                [this](const Follower& follower) {
                  const Feed* feed = share_.feeds[follower.source].get();
                  return feed != nullptr && feed->waiting_bytes() > 0;
                }),
      states_(std::make_unique<SourceState[]>(share_.sources.size())),
      file_sets_(share_.sources.size()),
      others_(share_.sources.size()),
      most_files_(FileLimit() / 2 / count) {
  const SourceOrder order(share_.sources);
  for (size_t i = 0; i < share_.sources.size(); ++i) {
    const SourceConfig& source = share_.sources[i];
    origins_.emplace_back(source.name);
    contexts_.push_back(
        std::make_unique<StreamContext>(source.stream, matcher_, states_[i].ledger, &share_.clock, intake_.get(), source.name, blocks_));
    // Without a checkpoint as well, when the spool is of an earlier life.
    contexts_.back()->set_catching_up(!positions.empty() || (intake_ != nullptr && intake_->knows()));
    std::vector<Position> own;
    std::ranges::copy_if(positions, std::back_inserter(own),
                         [&](const Position& position) { return Owns(source, position, share_.sources); });
    const auto* files = std::get_if<FileOptions>(&source.input);
    if (files == nullptr) {
      if (!own.empty()) others_[i] = std::move(own.front());
      continue;
    }
    file_sets_[i] = std::make_unique<FileSet>(FileSetOptions{.pattern = files->pattern,
                                                             .rotated = files->rotated,
                                                             .start = files->from,
                                                             .source = source.name,
                                                             .before = order.Before(i),
                                                             .index = index,
                                                             .count = count},
                                              std::move(own), share_.files, schedule_.watcher(), share_.clock);
  }
}

Worker::~Worker() = default;

void Worker::Restore(const NamedCounts& counts) { RestoreCounts(counts, Counters()); }

WorkerCounters Worker::Counters() {
  return {.sources = share_.sources, .states = {states_.get(), share_.sources.size()}, .matcher = matcher_, .intake = intake_.get()};
}

void Worker::Run(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { Wake(); });
  OpenOthers();
  while (!stop.stop_requested()) {
    if (schedule_.SearchIsDue()) Search();
    const bool progress = !IsBlocked() && PumpReady();
    if (intake_ != nullptr) intake_->Flush();
    NoteCaughtUp();
    if (desk_.TakeWish()) desk_.Answer([this](WorkerImage* image) { CaptureHere(image); });
    if (stop.stop_requested()) break;
    schedule_.Wait(progress, blocked_since_ != nanoseconds(0));
  }
  DrainFeeds();
}

// Looking for files.

void Worker::Search() {
  for (size_t i = 0; i < file_sets_.size(); ++i) {
    if (file_sets_[i] != nullptr) SearchFiles(i);
  }
  opened_.store(true, std::memory_order_release);
  undecided_ = std::ranges::any_of(file_sets_, [](const auto& files) { return files != nullptr && files->undecided(); });
  schedule_.Searched(undecided_);
}

void Worker::SearchFiles(size_t source) {
  const size_t room = most_files_ - std::min(most_files_, followers_.size());
  auto all_found = file_sets_[source]->Find(room);
  for (const SharedFiles::Shared& shared : file_sets_[source]->TakeShared()) {
    spdlog::warn("{} is read by the source {} already; {} gets nothing of it", shared.path, shared.reader, share_.sources[source].name);
  }
  if (!all_found.empty()) share_.checkpoint_soon();  // from then on they are found again under any name
  for (FileSet::Found& found : all_found) {
    Follower& follower = Open(source, found.moved ? "" : found.path, std::move(found.source), found.position ? &*found.position : nullptr);
    IdentifyFile(follower, found);
    if (found.moved) schedule_.MarkRestless(follower);
    if (share_.sources[source].stream.framing != Framing::kNone) Succeed(follower, found.path);
    Trace(follower, found.moved ? "reads what is left of" : "reads");
    if (found.change == FileSet::Change::kRotated) ++states_[source].ledger.rotations;
    if (found.change == FileSet::Change::kTruncated) ++states_[source].ledger.truncations;
    if (caught_up()) continue;
    const uint64_t lag = follower.stream.source().LagBytes();
    // How much is left of a compressed file, or one that is still looked for, is not known before it was read.
    const bool held_back = lag > 0 || follower.stream.pending();
    follower.backlog = found.moved ? UINT64_MAX : held_back ? follower.stream.position() + lag : 0;
    if (follower.backlog == 0) continue;
    ++backlogs_;
    confirming_ = false;
  }
  if (file_sets_[source]->truncated()) ReportTooMany();
}

void Worker::OpenOthers() {
  for (size_t i = 0; i < share_.sources.size(); ++i) {
    const bool is_stdin = std::holds_alternative<StdinOptions>(share_.sources[i].input);
    if (is_stdin && index_ == 0) {
      Follower& follower = Open(i, "", FollowDescriptor(STDIN_FILENO, "stdin"), nullptr);
      Identify(follower);
      schedule_.MarkRestless(follower);
    }
    if (share_.feeds[i] == nullptr || i % count_ != index_) continue;
    // A feed's bytes are counted anew in each life; where it goes on, its receiver knows.
    others_[i].offset = 0;
    Follower& follower = Open(i, "", ReadFeed(*share_.feeds[i]), &others_[i]);
    Identify(follower);
    follower.backlog = UINT64_MAX;
    ++backlogs_;
    schedule_.MarkRestless(follower);
  }
}

Follower& Worker::Open(size_t source, std::string path, std::unique_ptr<Source> input, const Position* position) {
  Follower& follower = followers_.emplace_back(std::move(input), *contexts_[source], source, std::move(path));
  if (position != nullptr) follower.stream.Resume(*position);
  states_[source].files.fetch_add(1, std::memory_order_relaxed);
  schedule_.Add(follower);
  return follower;
}

void Worker::Identify(Follower& follower) {
  if (intake_ == nullptr) return;
  const std::string& name = share_.sources[follower.source].name;
  const Feed* feed = share_.feeds[follower.source].get();
  if (feed != nullptr && feed->replayable()) return follower.stream.Identify(MakeOriginId(name), true);
  follower.stream.Identify(OriginOfThisLife(name), false);
}

// Without a birth, a file may have the inode of one that is gone.
void Worker::IdentifyFile(Follower& follower, const FileSet::Found& found) {
  Position position;
  if (intake_ == nullptr || !follower.stream.Locate(&position)) return;
  follower.file = position.file.id;
  FileOrigins& origins = origins_[follower.source];
  const Ledger& ledger = states_[follower.source].ledger;
  const uint64_t generation = position.file.id.born_ns == 0 ? ledger.rotations + ledger.truncations : 0;
  const OriginId origin = follower.stream.origin();
  if (origin == 0) return follower.stream.Identify(origins.Of(found.path, position.file.id, generation), false);
  const FileId& before = found.position->file.id;
  const bool truncated = found.change == FileSet::Change::kTruncated || before == FileId{};
  if (truncated) {
    origins.Truncated(found.path, before, origin);
  } else {
    origins.IsKnown(found.path);
  }
}

// Files of a path are found oldest first. Only what came and went by copytruncate is found after the file that it came through.
void Worker::Succeed(Follower& follower, const std::string& path) {
  Follower*& newest = newest_[{follower.source, path}];
  if (newest != nullptr && !newest->path.empty()) return;
  if (newest != nullptr && follower.stream.Follow(newest->stream)) schedule_.MarkReady(*newest);
  newest = &follower;
}

void Worker::ReportTooMany() {
  if (std::exchange(too_many_reported_, true)) return;
  spdlog::error("More than {} files match: the others are not read; raise the limit of open files (ulimit -n, LimitNOFILE=)", most_files_);
}

// Reading.

bool Worker::PumpReady() {
  for (Follower* follower : schedule_.TakeReady()) {
    if (PumpOne(*follower)) schedule_.MarkReady(*follower);
  }
  if (std::exchange(ended_, false)) Remove();
  return schedule_.has_ready();
}

// Log stores that are behind may hold up reading, where the configuration says so.
bool Worker::IsBlocked() {
  if (!share_.blocked) return false;
  const bool blocked = share_.blocked();
  const nanoseconds now = share_.clock.Monotonic();
  if (blocked_since_ != nanoseconds(0)) blocked_ns_.fetch_add((now - blocked_since_).count(), std::memory_order_relaxed);
  blocked_since_ = blocked ? now : nanoseconds(0);
  return blocked;
}

// True when there may be more.
bool Worker::PumpOne(Follower& follower) {
  if (follower.stream.held_back()) return HoldBack(follower);
  Stream::Status status = Stream::Status::kProgress;
  const bool held_back = follower.stream.pending();
  for (int i = 0; i < kReadsInARow && status == Stream::Status::kProgress; ++i) {
    status = follower.stream.Pump();
    if (status != Stream::Status::kIdle || held_back) NoteChange();
  }
  if (status == Stream::Status::kHeldBack) return HoldBack(follower);
  After(follower, status);
  NoteBacklog(follower, status);
  NoteLag(follower);
  states_[follower.source].published.Publish(states_[follower.source].ledger);
  // A file that is not at its path any more was read, or is gone: whose turn is it now?
  if (status != Stream::Status::kProgress && follower.path.empty()) schedule_.AskHeldBack();
  return status == Stream::Status::kProgress;
}

bool Worker::HoldBack(Follower& follower) {
  schedule_.HoldBack(follower);
  NoteLag(follower);
  states_[follower.source].published.Publish(states_[follower.source].ledger);
  return false;
}

void Worker::After(Follower& follower, Stream::Status status) {
  const bool is_file = file_sets_[follower.source] != nullptr;
  switch (status) {
    case Stream::Status::kProgress:
    case Stream::Status::kHeldBack:
      return;
    case Stream::Status::kIdle:
      if (follower.stream.pending() || follower.stream.source().waiting()) schedule_.MarkRestless(follower);
      return;
    case Stream::Status::kError:
      Report(follower);
      return schedule_.MarkRestless(follower);
    case Stream::Status::kMoved:
      // The path belongs to another file; this one is read to its end.
      if (intake_ != nullptr && follower.stream.truncated())
        origins_[follower.source].Truncated(follower.path, follower.file, follower.stream.origin());
      Trace(follower, "has lost its path:");
      schedule_.LosePath(follower);
      break;
    case Stream::Status::kEnd:
      Trace(follower, "has ended:");
      if (follower.stream.lost() > 0) {
        spdlog::warn(
            "{}: {} bytes are lost: what was rotated is gone, or nowhere near (`rotated` in the configuration says where else to look)",
            follower.stream.source().name(), follower.stream.lost());
      }
      follower.ended = true;
      ended_ = true;
      break;
  }
  if (!is_file) return;
  schedule_.SearchNow();
  share_.checkpoint_soon();
}

void Worker::NoteChange() { changes_.store(changes_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

void Worker::NoteBacklog(Follower& follower, Stream::Status status) {
  if (follower.backlog == 0) return;
  const Feed* feed = share_.feeds[follower.source].get();
  const bool rotated = feed == nullptr && follower.path.empty() && status != Stream::Status::kEnd;
  // What an earlier life counted because a rotated file had ended, comes when it has ended again.
  const bool more_to_come = !follower.stream.source().found() || (rotated && follower.stream.pending());
  // Receivers are caught up after a while, too, when their peer cannot be reached.
  const bool at_end = !more_to_come && (feed == nullptr || feed->caught_up());
  const bool reached = status == Stream::Status::kProgress ? follower.stream.position() >= follower.backlog : at_end;
  if (!reached) return;
  follower.backlog = 0;
  --backlogs_;
}

void Worker::NoteLag(Follower& follower) {
  const uint64_t lag = follower.ended ? 0 : follower.stream.source().LagBytes();
  states_[follower.source].ledger.lag_bytes += lag - std::exchange(follower.lag_bytes, lag);
}

void Worker::Remove() {
  schedule_.ForgetEnded();
  std::erase_if(newest_, [](const auto& entry) { return entry.second->ended; });
  followers_.remove_if([&](const Follower& follower) {
    if (follower.ended) states_[follower.source].files.fetch_sub(1, std::memory_order_relaxed);
    return follower.ended;
  });
  schedule_.AskHeldBack();
}

// For whoever wants to know which file was read when.
void Worker::Trace(Follower& follower, std::string_view what) const {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  Position position;
  follower.stream.Locate(&position);
  spdlog::debug("{} {} {} (device {}, inode {}) at {} of {}", share_.sources[follower.source].name, what, follower.stream.source().name(),
                position.file.id.device, position.file.id.inode, position.offset, position.file.size);
}

// The same trouble is logged once, however often it is met.
void Worker::Report(Follower& follower) {
  ++states_[follower.source].ledger.read_errors;
  if (follower.stream.error() == follower.last_error) return;
  follower.last_error = follower.stream.error();
  spdlog::error("{}; will try again", follower.last_error);
}

// What was read may have told where more is: one more search, when everything was read, has to find nothing.
void Worker::NoteCaughtUp() {
  if (caught_up() || !opened() || backlogs_ > 0) return;
  if (std::exchange(confirming_, true)) {
    if (undecided_) return;
    caught_up_.store(true, std::memory_order_release);
    for (const auto& context : contexts_) context->set_catching_up(false);
    share_.checkpoint_soon();
  } else {
    schedule_.SearchNow();
  }
}

void Worker::DrainFeeds() {
  const nanoseconds deadline = share_.clock.Monotonic() + kDrainTime;
  for (Follower& follower : followers_) {
    if (share_.feeds[follower.source] == nullptr) continue;
    while (PumpOne(follower) && share_.clock.Monotonic() < deadline) {
    }
  }
  if (intake_ != nullptr) intake_->Flush();
}

// The checkpoint.

void Worker::CaptureHere(WorkerImage* image) {
  shard_.Capture(image->shard);
  image->positions.clear();
  for (Follower& follower : followers_) {
    Position position;
    position.source = share_.sources[follower.source].name;
    if (follower.stream.Locate(&position)) image->positions.push_back(std::move(position));
  }
  for (size_t i = 0; i < file_sets_.size(); ++i) {
    if (file_sets_[i] == nullptr) continue;
    for (FilePosition& file : file_sets_[i]->Finished()) {
      Position& position = image->positions.emplace_back();
      position.source = share_.sources[i].name;
      position.file = std::move(file);
    }
  }
  if (intake_ != nullptr) image->spooled = intake_->Settle();
  image->counts = GatherCounts(Counters());
}

bool Worker::Capture(WorkerImage* image, std::chrono::milliseconds patience) {
  return desk_.Ask(image, patience, [this] { Wake(); });
}

}  // namespace logmill
