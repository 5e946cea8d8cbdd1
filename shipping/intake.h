// Where records leave the counting and enter the spool: filter, identity, redaction, encoding. One a worker, on its thread: this is the
// whole price that counting pays for shipping.
//
//   Record ─► rule and filters ─► id ─► in the spool already? ─► redaction ─► SpoolBatch ─► SpoolWriter's thread ─► Spool
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ingest/record.h"
#include "shipping/redaction.h"
#include "shipping/ship_filter.h"
#include "shipping/spool.h"
#include "shipping/spool_batch.h"
#include "shipping/spool_writer.h"

namespace logmill {

// Ids of what an earlier life appended to the spool after its last checkpoint, and what therefore comes a second time now.
using KnownRecords = std::unordered_set<RecordId>;

// What all records of a batch of lines have in common.
struct Whence {
  OriginId origin = 0;
  std::string_view source = {};  // entry of `sources`
  std::string_view stream = {};  // path of the file; "" where the lane tells more
  int64_t now_ms = 0;            // Unix time of the reading
  bool catching_up = false;      // what is read was written before the start
  int64_t* last_ms = nullptr;    // timestamp of the last record of this stream that had one; 0: none yet. Not null
};

struct IntakeOptions {
  const ShipFilter* filter = nullptr;  // outlives it; not null
  RedactionOptions redaction = {};
  const KnownRecords* known = nullptr;  // outlives it; null: nothing is known
  unsigned index = 0;                   // of `count` workers: tells their records of one millisecond apart
  unsigned count = 1;
  size_t batch_bytes = size_t{512} << 10;  // then the batch goes to the spool: each wakes the thread that writes
  SpoolWriterOptions writer = {};
};

// Read by any thread.
struct IntakeCounts {
  std::atomic<uint64_t> appended{0};
  std::atomic<uint64_t> filtered{0};  // by a rule or a filter
  std::atomic<uint64_t> known{0};     // in the spool already
  std::atomic<uint64_t> failed{0};    // could not be written
};

class Intake {
 public:
  Intake(IntakeOptions options, Spool& spool);
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // The next records come from here; its views are valid until the next call.
  void Begin(const Whence& whence) { whence_ = whence; }
  // `place`, `lane`: of the entry (ingest/entry.h). `wanted`: no rule says otherwise. The record is only looked at during the call.
  void Take(const Record& record, uint64_t place, std::string_view lane, bool wanted);
  // Everything taken so far is on its way into the spool.
  void Flush();
  // Waits until it is there; what cannot be written is given up, and counted: for when a checkpoint is to say that it was read. The
  // sequence number behind everything taken.
  uint64_t Settle();

  // There are records that an earlier life has appended and that may come again.
  [[nodiscard]] bool knows() const { return options_.known != nullptr; }
  [[nodiscard]] const IntakeCounts& counts() const { return counts_; }
  [[nodiscard]] std::vector<std::pair<std::string, uint64_t>> Redactions() const { return redactor_.Counts(); }
  // Goes on from the counters of an earlier life.
  void Restore(uint64_t appended, uint64_t filtered, uint64_t known, uint64_t failed);

 private:
  ShipRecord Describe(const Record& record, std::string_view lane);
  int64_t TimeOf(const Record& record);

  const IntakeOptions options_;
  Spool& spool_;
  Redactor redactor_;
  std::unique_ptr<SpoolBatch> batch_;
  Whence whence_;
  // How many records of a millisecond there were, for the last ones that occurred.
  struct Millisecond {
    int64_t time_ms = 0;
    uint32_t records = 0;
  };
  std::array<Millisecond, 64> milliseconds_{};
  IntakeCounts counts_;
  SpoolWriter writer_;
};

}  // namespace logmill
