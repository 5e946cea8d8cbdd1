// A thread that owns sources and does everything with them: read, split, decode, match, count, and hand over what is shipped.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "daemon/capture_desk.h"
#include "daemon/follower.h"
#include "daemon/origin.h"
#include "daemon/schedule.h"
#include "daemon/source_config.h"
#include "daemon/worker_counts.h"
#include "ingest/read_blocks.h"
#include "metrics/store_state.h"
#include "rules/matcher.h"
#include "shipping/intake.h"
#include "sources/feed.h"
#include "sources/file_set.h"

namespace logmill {

// What all workers share. Everything outlives them.
struct WorkerShare {
  const std::vector<SourceConfig>& sources;
  const RuleSet& rules;
  FileRegistry& files;
  const std::vector<std::unique_ptr<Feed>>& feeds;  // as sources; null where a source has none
  const Clock& clock;
  std::function<void()> checkpoint_soon;  // what was read is about to be gone from the disk
  std::function<bool()> blocked;          // reading has to wait until log stores have taken more; empty: never
};

// One moment of a worker, between two reads: where all its streams stand, and everything that it counted up to there.
struct WorkerImage {
  ShardImage shard;
  std::vector<Position> positions;
  NamedCounts counts;
  uint64_t spooled = 0;  // everything up to there is in the spool before this sequence number
};

class Worker {
 public:
  // `index` of `count` workers: a file belongs to one of them, by its path; another source by its place in `sources`. `positions`: of an
  // earlier life, those of all workers. `intake`: the worker's own; null: nothing is shipped.
  Worker(WorkerShare share, Shard& shard, unsigned index, unsigned count, const std::vector<Position>& positions,
         std::unique_ptr<Intake> intake);
  ~Worker();

  // Before Run(): goes on from the counters of an earlier life; those of sources and rules that are no more are left out.
  void Restore(const NamedCounts& counts);
  // Reads until `stop`: the body of the worker's thread.
  void Run(std::stop_token stop);
  // Ends a wait at once; any thread.
  void Wake() { schedule_.Wake(); }

  // Another thread, while Run() is at work: waits for the next moment between two reads. False when there was none for `patience`.
  bool Capture(WorkerImage* image, std::chrono::milliseconds patience);
  // The same at once: when Run() is not at work.
  void CaptureHere(WorkerImage* image);

  // Grows whenever an image would be another one. Any thread.
  [[nodiscard]] uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  // True once the positions of the earlier life belong to open files: before that, an image knows nothing of them.
  [[nodiscard]] bool opened() const { return opened_.load(std::memory_order_acquire); }
  // True once everything that was there at the start has been read.
  [[nodiscard]] bool caught_up() const { return caught_up_.load(std::memory_order_acquire); }
  // Of the i-th entry of `sources`. Any thread.
  [[nodiscard]] const SourceState& source(size_t i) const { return states_[i]; }
  [[nodiscard]] const Matcher& matcher() const { return matcher_; }
  [[nodiscard]] const Intake* intake() const { return intake_.get(); }
  // Time that reading waited for log stores. Any thread.
  [[nodiscard]] std::chrono::nanoseconds blocked_time() const {
    return std::chrono::nanoseconds(blocked_ns_.load(std::memory_order_relaxed));
  }

 private:
  void Search();
  void SearchFiles(size_t source);
  void OpenOthers();
  Follower& Open(size_t source, std::string path, std::unique_ptr<Source> input, const Position* position);
  void Identify(Follower& follower);
  void IdentifyFile(Follower& follower, const FileSet::Found& found);
  void Succeed(Follower& follower, const std::string& path);
  void ReportTooMany();

  bool IsBlocked();
  bool PumpReady();
  bool PumpOne(Follower& follower);
  bool HoldBack(Follower& follower);
  void After(Follower& follower, Stream::Status status);
  void NoteChange();
  void NoteBacklog(Follower& follower, Stream::Status status);
  void NoteLag(Follower& follower);
  void Remove();
  void Report(Follower& follower);
  void Trace(Follower& follower, std::string_view what) const;

  void NoteCaughtUp();
  WorkerCounters Counters();
  void DrainFeeds();

  const WorkerShare share_;
  const unsigned index_;
  const unsigned count_;
  Shard& shard_;
  Matcher matcher_;
  const std::unique_ptr<Intake> intake_;
  std::atomic<int64_t> blocked_ns_{0};
  std::chrono::nanoseconds blocked_since_{0};  // 0: it is not
  Schedule schedule_;
  std::unique_ptr<SourceState[]> states_;  // as sources
  const ReadBlocks blocks_;
  std::vector<std::unique_ptr<StreamContext>> contexts_;  // as sources
  std::vector<std::unique_ptr<FileSet>> file_sets_;       // as sources; null where a source is no file
  std::vector<FileOrigins> origins_;                      // as sources
  std::vector<Position> others_;                          // where other sources go on
  std::list<Follower> followers_;
  // Of sources with parts of lines (Stream::Follow): who follows at the path, by source and path.
  std::map<std::pair<size_t, std::string>, Follower*> newest_;
  bool ended_ = false;       // some follower is to be removed
  size_t backlogs_ = 0;      // followers that have one
  bool undecided_ = false;   // the last search left something for later
  bool confirming_ = false;  // all backlogs were read, and a search is to find no other
  std::atomic<uint64_t> changes_{0};
  std::atomic<bool> opened_{false};
  std::atomic<bool> caught_up_{false};
  const size_t most_files_;  // that may be open
  bool too_many_reported_ = false;

  CaptureDesk<WorkerImage> desk_;
};

}  // namespace logmill
