// Records that are told apart by a number: "line 1", "line 2" ...
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "shipping/record_id.h"
#include "shipping/ship_record.h"

namespace logmill {

// Owns what the records look at.
class NumberedRecords {
 public:
  // The numbers from `first` to `last`.
  NumberedRecords(uint64_t first, uint64_t last, int64_t read_ms = 1'795'338'275'310) {
    for (uint64_t number = first; number <= last; ++number) Add(number, read_ms);
  }

  ShipRecord& Add(uint64_t number, int64_t read_ms) {
    const std::string& line = lines_.emplace_back("line " + std::to_string(number));
    return records_.emplace_back(ShipRecord{.id = MakeRecordId(7, number, line),
                                            .time_ns = read_ms * 1'000'000,
                                            .read_ms = read_ms,
                                            .level = "log",
                                            .context = number % 2 == 0 ? "Even" : "Odd",
                                            .message = line,
                                            .source = "gallery",
                                            .line = line});
  }

  [[nodiscard]] std::span<const ShipRecord> all() const { return records_; }

 private:
  std::deque<std::string> lines_;
  std::vector<ShipRecord> records_;
};

// Of "line 17".
inline uint64_t NumberOf(const ShipRecord& record) { return std::stoull(std::string(record.line.substr(5))); }

}  // namespace logmill
