// One destination's life: its thread reads the spool from its cursor on, makes batches, hands them over, and tries again.
//
//   SpoolReader ─► filter ─► ShipBatch ─► Destination::Deliver ─► taken: cursor on ─┐
//        ▲                                  │ kRetry, `again`: pause, the same again │
//        └──────────────────────────────────┴ kSplit: halves; refused: set aside ────┘
//
// One batch is at hand, and nothing behind it is read before all of it is settled, but what a search wants (ship_groups.h). The cursor is
// saved after each request that settled something, together with the destination's note and the numbers of records. Every record has one
// outcome, so that sent + refused + dropped + filtered + damaged is how far the cursor has come.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "shipping/back_off.h"
#include "shipping/destination.h"
#include "shipping/refused_records.h"
#include "shipping/ship_batch.h"
#include "shipping/ship_counters.h"
#include "shipping/ship_cursor.h"
#include "shipping/ship_filter.h"
#include "shipping/ship_groups.h"
#include "shipping/ship_progress.h"
#include "shipping/ship_reports.h"
#include "shipping/ship_stats.h"
#include "shipping/spool.h"
#include "shipping/spool_reader.h"

namespace logmill {

enum class WhenFull : uint8_t {
  kDropOldest,  // what is oldest is dropped, and counted
  kBlock,       // reading of logs waits: nothing is dropped, and nothing is counted meanwhile
};

struct ShipperOptions {
  std::string name = {};    // label value; its files are NAME.cursor and NAME.refused.ndjson, so it can be the name of a file
  std::string folder = {};  // of cursors and refused records, within the spool's; made when missing
  ShipFilter filter = {};
  size_t batch_records = 1000;                 // at most in one batch
  size_t batch_bytes = size_t{1} << 20;        // as in the spool; the record that reaches it is the last one of its batch
  std::chrono::milliseconds batch_wait{1000};  // a batch that is not full goes out so long after its first record was read
  std::chrono::milliseconds first_pause{
      500};  // after a failure: doubled each time up to max_pause, with jitter (between half of it and all of it)
  std::chrono::milliseconds max_pause{30'000};
  std::chrono::milliseconds stop_patience{5'000};  // at the stop, for what is in the spool; the rest stays in it
  uint64_t max_backlog_bytes = uint64_t{1} << 30;  // in the spool
  std::chrono::seconds max_age{0};                 // of a record since it was read; 0: any
  WhenFull when_full = WhenFull::kDropOldest;
  uint64_t max_refused_bytes = uint64_t{16} << 20;  // of the file of refused records, before it becomes NAME.refused.ndjson.1
  uint64_t jitter_seed = 0;
  // Each may be empty. On the shipper's thread (or the constructor's), with the name in front: the first failure of each kind in a row; the
  // first success after failures; records lost.
  std::function<void(const std::string& sentence)> on_error = {};
  std::function<void(const std::string& sentence)> on_recovery = {};
  // After cursor() has moved; on the shipper's thread.
  std::function<void()> on_cursor = {};
};

class Shipper {
 public:
  static constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();

  // `spool` and `clock` outlive it. Goes on at its cursor, or at the oldest record in the spool.
  Shipper(ShipperOptions options, std::unique_ptr<Destination> destination, Spool& spool, const Clock& clock);
  ~Shipper();
  Shipper(const Shipper&) = delete;
  Shipper& operator=(const Shipper&) = delete;

  // The body of its thread, at a lower priority than those that count (nice 19 where the system allows it). Asks the destination for its
  // health first, which decides nothing. After `stop`: tries to empty the spool for stop_patience, then interrupts and leaves, at most a
  // second later. Once in a life.
  void Run(const std::stop_token& stop);
  // One step: at most one call of Deliver(). Returns when the next one is due (monotonic; 0: at once; kNever: when there are new records).
  // For Run(), and for tests that have no thread. What exceeds the limits is dropped at each step, also while a batch waits for its next
  // attempt.
  std::chrono::nanoseconds Step();

  // All before this is delivered, or given up, and that is saved: the spool need not keep it for this destination. Any thread.
  [[nodiscard]] uint64_t cursor() const { return saved_.load(std::memory_order_acquire); }
  // More than max_backlog_bytes wait, and the choice is to block. Any thread; asked by workers before they read on.
  [[nodiscard]] bool blocks() const;
  [[nodiscard]] ShipStats stats() const;
  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  [[nodiscard]] std::string FileName(const char* ending) const { return options_.folder + "/" + options_.name + ending; }
  ShipCursor LoadCursor();
  bool SaveCursor();
  void Count();

  // shipper.cc: reading and giving up.
  void Fill();
  void BeginSending();
  void Judge(uint64_t sequence);
  void ReadAnother();
  void Compact();
  [[nodiscard]] bool HasRoom() const;
  [[nodiscard]] bool IsFull() const;
  [[nodiscard]] std::chrono::nanoseconds Due() const;
  [[nodiscard]] int64_t OldestAllowed() const;
  void GiveUp();
  uint64_t DropBefore(uint64_t sequence, ShipOutcome outcome);
  uint64_t DropOld(int64_t oldest_ms);
  void TellLosses(const ShipCursor& before);
  void MoveOn();

  // shipper_attempt.cc: one request and what becomes of it.
  void Attempt();
  Delivery Ask(std::span<const ShipRecord> records);
  std::span<const ShipRecord> Gather(const std::vector<size_t>& group);
  void Take(const Delivery& delivery, const std::vector<size_t>& group);
  size_t RefuseUnnamed(const Delivery& delivery, const std::vector<size_t>& group, std::vector<ShipOutcome>& outcomes);
  void Split(const Delivery& delivery, const std::vector<size_t>& group);
  void Suspect(const Delivery& delivery);
  void TryLater(const Delivery& delivery);
  void Retry(RetryReason reason, const std::string& words, std::chrono::milliseconds asked);
  void Refuse(size_t record, const std::string& reason);
  void Calm();
  void Succeed();

  // shipper_run.cc: the thread.
  void CheckHealth();
  void WaitUntil(std::chrono::nanoseconds due, const std::stop_token& stop);
  void Drain();
  void Watch(const std::stop_token& stop, const std::stop_token& over);

  const ShipperOptions options_;
  const std::unique_ptr<Destination> destination_;
  Spool& spool_;
  const Clock& clock_;
  ShipReports reports_;
  ShipCounters counters_;
  RefusedRecords refused_;
  BackOff back_off_;

  ShipCursor cursor_;
  std::atomic<uint64_t> saved_{0};  // the cursor that others may rely on
  bool unsaved_ = true;             // cursor_ is not in its file
  SpoolReader reader_;
  ShipProgress progress_;
  ShipGroups groups_;
  ShipBatch batch_;
  std::vector<ShipRecord> gathered_;         // of a group with gaps
  std::string suspicion_;                    // what was said of the group that failed last
  bool sending_ = false;                     // the batch is complete
  bool stuck_ = false;                       // the spool has more, but it cannot be read now
  bool draining_ = false;                    // after the stop: no batch waits to become full
  std::chrono::nanoseconds first_read_{0};   // of the batch, monotonic
  std::chrono::nanoseconds pause_until_{0};  // monotonic

  std::atomic<bool> interrupted_ = false;

  std::mutex waiting_;
  std::condition_variable_any wake_;
};

}  // namespace logmill
