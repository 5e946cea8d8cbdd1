// Reads the spool from one place on. Each destination has one of its own.
#pragma once

#include <cstdint>
#include <memory>

#include "shipping/ship_batch.h"
#include "shipping/spool.h"

namespace logmill {

// One thread, while others append and release. Memory: one read buffer of 256 KiB, or the longest record.
class SpoolReader {
 public:
  // Goes on at `sequence`, or at the first record after it that is there. `spool` outlives it.
  SpoolReader(const Spool& spool, uint64_t sequence);
  ~SpoolReader();
  SpoolReader(const SpoolReader&) = delete;
  SpoolReader& operator=(const SpoolReader&) = delete;

  // Adds the next record to the batch. False: there is none now. Or it cannot be opened now (too many open files), which ends by itself:
  // then sequence() is below next_sequence(), and asking again deserves a pause, since Spool::WaitFor() would not wait.
  bool Next(ShipBatch& batch);
  // Of the record that Next() will look for.
  [[nodiscard]] uint64_t sequence() const;
  // Jumps forward; does nothing when it is there or beyond. What is jumped over is not missing.
  void SkipTo(uint64_t sequence);

  // Since the construction: records that were there and could not be read, or were released before they were; and the bytes that were
  // passed over for it.
  [[nodiscard]] uint64_t missing_records() const;
  [[nodiscard]] uint64_t damaged_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace logmill
