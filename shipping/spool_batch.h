// Records encoded for the spool, before they have their place in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "shipping/ship_record.h"
#include "shipping/spool_key.h"

namespace logmill {

// One thread.
class SpoolBatch {
 public:
  // `key`: Spool::key() of the spool that it will be appended to; copied.
  explicit SpoolBatch(const SpoolKey& key) : key_(key) {}

  // Copies the record. No allocation once the buffer has grown, about one walk over the line. Level, context and message
  // that stand inside of `line` (by their addresses) are not copied twice. Anything that is not UTF-8 in a text becomes U+FFFD. A text
  // of more than spool_format::kMaxTextBytes is cut there, and the record says so (`cut`; a line that was JSON is text then).
  void Add(const ShipRecord& record);

  [[nodiscard]] size_t bytes() const { return used_; }  // that it takes in the spool
  [[nodiscard]] size_t records() const { return frames_.size(); }
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  // Keeps the buffer.
  void Clear();

 private:
  friend class Spool;
  struct Frame {
    size_t at;      // in the buffer
    uint64_t hash;  // of its payload
  };

  void AddMended(ShipRecord record);
  char* Room(size_t bytes);
  // Gives the records these sequence numbers, one after the other. May be done again.
  std::string_view Number(uint64_t first);

  const SpoolKey key_;
  std::string buffer_;  // used_ bytes of it are frames, without check and sequence
  size_t used_ = 0;
  std::vector<Frame> frames_;
  int64_t newest_read_ms_ = std::numeric_limits<int64_t>::min();
};

}  // namespace logmill
