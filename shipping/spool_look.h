// Looks at one segment of a spool after the other: what is whole in it, and what is damaged.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shipping/spool_calls.h"
#include "shipping/spool_header.h"
#include "shipping/spool_scan.h"

namespace logmill {

struct SpoolDamage {
  uint64_t offset = 0;  // in the file
  uint64_t bytes = 0;

  auto operator<=>(const SpoolDamage&) const = default;
};

struct SpoolSegmentCheck {
  static constexpr size_t kDamageListed = 100;

  std::string name{};
  uint64_t bytes = 0;  // of the file
  SpoolHeader header{};
  bool header_damaged = false;  // `header` is a guess, then: with the salt of another segment, if that has records here
  uint64_t records = 0;         // whole ones; of them:
  uint64_t first = 0;           // sequence numbers; 0 when there is none
  uint64_t last = 0;
  int64_t oldest_ns = 0;  // ShipRecord::time_ns
  int64_t newest_ns = 0;
  uint64_t missing = 0;               // records that were there, as the numbers around them tell
  std::vector<SpoolDamage> damage{};  // ascending; the first kDamageListed
  uint64_t damaged_places = 0;        // all
  uint64_t damaged_bytes = 0;
  uint64_t torn_bytes = 0;  // at the end of the last segment: being written, or cut off at the next start. No damage
  std::string error{};      // why it cannot be read; nothing else is known then

  [[nodiscard]] bool whole() const { return damaged_places == 0 && error.empty(); }
};

// One thread. Changes nothing.
class SpoolLook {
 public:
  // Says why the folder cannot be read.
  static std::expected<SpoolLook, std::string> Begin(std::string folder);

  [[nodiscard]] size_t segments() const { return firsts_.size(); }
  using OnFrame = std::function<void(const SpoolScan& scan)>;
  // The segment of this number, from 0, as it is now; nothing when it is gone. `on_frame` may be empty; each whole frame in its order.
  [[nodiscard]] std::optional<SpoolSegmentCheck> Look(size_t index, const OnFrame& on_frame) const;

 private:
  explicit SpoolLook(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] int Open(uint64_t first) const;
  void NoteSalt(uint64_t first);
  bool LookAtHeader(int file, uint64_t first, SpoolSegmentCheck& segment) const;
  [[nodiscard]] SpoolHeader GuessHeader(int file, uint64_t first, uint64_t bytes) const;

  std::string folder_;
  std::vector<uint64_t> firsts_;  // of the segments
  std::vector<SpoolSalt> salts_;
};

}  // namespace logmill
