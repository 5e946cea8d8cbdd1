// Writes checkpoints while the daemon runs: when, how often, and what becomes of errors. What is in them is gathered by others.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/state_folder.h"

namespace logmill {

// What our own metrics say about checkpoints. Any thread.
struct CheckpointStats {
  std::atomic<uint64_t> written{0};
  std::atomic<uint64_t> failed{0};
  std::atomic<uint64_t> skipped{0};         // nothing had changed
  std::atomic<uint64_t> size_bytes{0};      // of the last one written
  std::atomic<double> duration_seconds{0};  // of the last one written: gathering, encoding, writing, syncing
  std::atomic<int64_t> up_to_date_ms{0};    // Unix time at which the one on disk was last known to hold everything; 0: never
  std::atomic<uint64_t> damaged{0};         // set aside at the start
  std::atomic<uint64_t> dropped_series{0};  // of the loaded one: their rules are other ones now
};

struct CheckpointerOptions {
  std::chrono::milliseconds interval{5000};
  uint64_t generation = 0;  // of the checkpoint that was loaded
  std::string version{};    // of this program
  // Grows whenever gather would give something else; null: not known. Asked before gathering, which is left out when nothing changed.
  std::function<uint64_t()> changes{};
  // What everybody holds now: positions, series, counts; the rest is filled in here. Nothing: it cannot be had now. Called on the thread of
  // Run or WriteNow.
  std::function<std::optional<Checkpoint>()> gather{};
  // One that gather() gave is on disk; on the same thread. May be empty.
  std::function<void()> on_written{};
  // Told of an error when it occurs first, and again only after a success; and of the success that ends a row of errors.
  std::function<void(const std::string& sentence)> on_error{};
  std::function<void(const std::string& sentence)> on_recovery{};
};

class Checkpointer {
 public:
  // A second that checkpoints take buys this many without any: their share of the time stays below 2 %.
  static constexpr int kRest = 50;

  // Folder and clock outlive the checkpointer.
  Checkpointer(CheckpointerOptions options, StateFolder& folder, const Clock& clock);

  // The body of the checkpointer's thread: writes until `stop`. Writes no last one (WriteNow does).
  void Run(std::stop_token stop);

  // Asks for a checkpoint at once, or as soon as kRest allows; for example because a file is about to vanish. Asking twice gives one.
  // Any thread, does not wait.
  void RequestSoon();

  // Writes one now, on the caller's thread; waits for one that is being written. True when everything is on disk.
  bool WriteNow();

  // How long Run would wait now until the next one. Any thread.
  [[nodiscard]] std::chrono::nanoseconds Wait() const;

  // Whether one was written since the start, or could not be.
  [[nodiscard]] bool tried() const { return stats_.written + stats_.failed + stats_.skipped > 0; }
  [[nodiscard]] CheckpointStats& stats() { return stats_; }
  [[nodiscard]] const CheckpointStats& stats() const { return stats_; }

 private:
  bool WriteNext() REQUIRES(writing_);
  bool Write(Checkpoint checkpoint, std::chrono::nanoseconds began) REQUIRES(writing_);
  void Skipped(int64_t up_to_date_ms);
  void Failed(const std::string& sentence) REQUIRES(writing_);
  void Succeeded() REQUIRES(writing_);

  const CheckpointerOptions options_;
  StateFolder& folder_;
  const Clock& clock_;
  CheckpointStats stats_;

  Mutex writing_;
  uint64_t generation_ GUARDED_BY(writing_);
  std::string on_disk_ GUARDED_BY(writing_);           // the bytes of the last one written, to know whether anything changed
  uint64_t changes_on_disk_ GUARDED_BY(writing_) = 0;  // changes() before the last one written was gathered
  std::set<std::string> errors_ GUARDED_BY(writing_);  // since the last success

  std::atomic<int64_t> began_ns_;    // the last one, by the monotonic clock
  std::atomic<int64_t> took_ns_{0};  // the last one, from its beginning to its end
  std::atomic<bool> requested_{false};
  std::mutex waiting_;  // for the condition alone: what it waits for is atomic
  std::condition_variable_any wake_;
};

}  // namespace logmill
