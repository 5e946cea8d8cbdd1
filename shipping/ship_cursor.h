// Where a destination stands in the spool: a small file of its own, replaced whole, so that a crash leaves the old one or the new one.
//
//   {"cursor":{"version":1,"sequence":17,"sent":16,"refused":0,"dropped_full":0,"dropped_old":0,"filtered":0,"damaged":0,
//   "ahead":[[19,30,"sent"],[30,31,"refused"]],"note":""},"checksum":"..."}
//
// One line, with "\n". ahead: first number, the one behind the last, and the counter that they will be added to. checksum: XXH3 (64 bits,
// no seed) of the text from the second "{" to its "}", as 16 lower-case hexadecimal digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace logmill {

enum class ShipOutcome : uint8_t { kOpen, kSent, kRefused, kDroppedFull, kDroppedOld, kFiltered, kDamaged };
inline constexpr size_t kShipOutcomes = static_cast<size_t>(ShipOutcome::kDamaged) + 1;

// What became of the sequence numbers from `begin` to `end`, exclusive.
struct ShipRun {
  uint64_t begin = 0;
  uint64_t end = 0;
  ShipOutcome outcome = ShipOutcome::kOpen;

  auto operator<=>(const ShipRun&) const = default;
};

struct ShipCursor {
  uint64_t sequence = 0;  // everything before is delivered or given up
  std::string note = {};  // Destination::Note()
  // Counted in all lives; the numbers of ShipStats that a restart must not set back.
  uint64_t sent = 0;
  uint64_t refused = 0;
  uint64_t dropped_full = 0;
  uint64_t dropped_old = 0;
  uint64_t filtered = 0;
  uint64_t damaged = 0;
  // What is settled behind a number that is not: ascending, none open, not counted above yet.
  std::vector<ShipRun> ahead = {};

  // Behind everything that it speaks of.
  [[nodiscard]] uint64_t end() const { return ahead.empty() ? sequence : ahead.back().end; }

  auto operator<=>(const ShipCursor&) const = default;
};

// Nothing: there is none, or it is damaged (`*damaged` says so; then it is set aside as NAME.damaged).
std::optional<ShipCursor> LoadShipCursor(const std::string& path, bool* damaged);
// The highest end() of all cursors in a folder (NAME.cursor), damaged ones aside; 1 when there is none. Changes nothing.
uint64_t HighestCursor(const std::string& folder);
// Temporary file and rename, without fsync: after a power loss a batch may be sent twice, after a crash of ours not.
std::expected<void, std::string> SaveShipCursor(const std::string& path, const ShipCursor& cursor);

}  // namespace logmill
