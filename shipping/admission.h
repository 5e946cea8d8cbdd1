// What goes into the spool, and in which form: id, filters, redaction. On the thread that writes the spool, so that counting does not pay
// for it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shipping/known_records.h"
#include "shipping/redaction.h"
#include "shipping/ship_filter.h"
#include "shipping/spool_batch.h"
#include "shipping/taken_batch.h"

namespace logmill {

struct AdmissionOptions {
  const ShipFilter* filter = nullptr;  // outlives it; not null
  RedactionOptions redaction = {};
  // What an earlier life appended to the spool after its last checkpoint, and what therefore comes a second time now; null: nothing. Let go
  // of when the first record comes that was written after the start: all that comes to one worker later is new, too.
  std::shared_ptr<const KnownRecords> known = nullptr;
  unsigned index = 0;  // of `count` workers: tells their records of one millisecond apart
  unsigned count = 1;
};

// Records, read by any thread.
struct IntakeCounts {
  std::atomic<uint64_t> appended{0};
  std::atomic<uint64_t> filtered{0};  // by a rule or a filter
  std::atomic<uint64_t> known{0};     // in the spool already
  std::atomic<uint64_t> failed{0};    // could not be written; nobody asked whether a filter wants them
};

// One thread, but for Redactions().
class Admission {
 public:
  // `counts` outlives it.
  Admission(AdmissionOptions options, IntakeCounts& counts);

  // Adds what goes into the spool to `batch`, and counts the rest.
  void Admit(const TakenBatch& taken, SpoolBatch& batch);

  // Redactor::Counts().
  [[nodiscard]] std::vector<std::pair<std::string, uint64_t>> Redactions() const { return redactor_.Counts(); }

 private:
  void Admit(TakenRecord taken, SpoolBatch& batch);
  bool Knows(const TakenRecord& taken);
  int64_t Distinct(int64_t time_ns);

  AdmissionOptions options_;
  IntakeCounts& counts_;
  Redactor redactor_;
  // How many records of a millisecond there were, for the last ones that occurred.
  struct Millisecond {
    int64_t time_ns = 0;
    uint32_t records = 0;
  };
  std::array<Millisecond, 64> milliseconds_{};
};

}  // namespace logmill
