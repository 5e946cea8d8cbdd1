// What became of every byte and line of one source. In = out + accounted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "ingest/decoder.h"

namespace logmill {

// Written by the worker that owns the source (one thread, relaxed), read by anyone at any time.
// Invariant between batches: lines_read == records_json + records_text + sum(rejected).
struct Ledger {
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> lines_read{0};
  std::atomic<uint64_t> records_json{0};
  std::atomic<uint64_t> records_text{0};
  std::atomic<uint64_t> lines_cut{0};
  std::array<std::atomic<uint64_t>, 7> rejected{};  // by Reject
  std::atomic<uint64_t> lag_bytes{0};               // not yet read at the last look
  std::atomic<uint64_t> truncations{0};             // times the file shrank under us
  std::atomic<uint64_t> rotations{0};               // times another file took the path

  // Single-writer increment: a plain load and store, no locked instruction.
  static void Add(std::atomic<uint64_t>& counter, uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
};

}  // namespace logmill
