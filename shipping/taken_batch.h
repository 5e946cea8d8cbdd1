// Records as counting leaves them to shipping: copied, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/record.h"
#include "shipping/ship_record.h"

namespace logmill {

// What all records of a batch of lines have in common.
struct Whence {
  OriginId origin = 0;
  std::string_view source = {};  // entry of `sources`
  std::string_view stream = {};  // path of the file; "" where the lane tells more
  int64_t now_ms = 0;            // Unix time of the reading
  bool catching_up = false;      // what is read was written before the start
  int64_t* last_ms = nullptr;    // timestamp of the last record of this stream that had one; 0: none yet. Not null
};

struct TakenRecord {
  ShipRecord record = {};  // without id, its time in whole milliseconds, its line as it was read
  OriginId origin = 0;
  uint64_t place = 0;  // in its origin (record_id.h)
  bool catching_up = false;
};

// One thread at a time: a worker fills it, then another thread reads it.
class TakenBatch {
 public:
  static constexpr int64_t kMostMillis = INT64_MAX / 1'000'000;  // a time in nanoseconds has an end: year 2262

  // The next records come from here. Copied, but for last_ms.
  void Begin(const Whence& whence);
  // After Begin(). Copies the texts of the record: the line, and what does not stand in it by its address. `time_ms`: Unix time,
  // nearer to 1970 than kMostMillis.
  void Add(const Record& record, int64_t time_ms, uint64_t place, std::string_view lane);

  [[nodiscard]] size_t bytes() const { return used_ + entries_.size() * sizeof(Entry); }
  [[nodiscard]] size_t records() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // Its views are valid until the batch changes.
  [[nodiscard]] TakenRecord At(size_t i) const;
  // Keeps the buffers.
  void Clear();

 private:
  struct Text {
    uint32_t at = 0;  // from where the texts of its entry, or of its beginning, begin
    uint32_t size = 0;
  };
  struct Beginning {
    OriginId origin;
    int64_t now_ms;
    bool catching_up;
    size_t texts;  // where in the buffer
    Text source;
    Text stream;
  };
  struct Entry {
    size_t texts;
    int64_t time_ms;
    uint64_t place;
    int64_t pid;
    Text line;
    Text level;
    Text context;
    Text message;
    Text lane;
    uint32_t beginning;
    RecordFormat format;
    Value::Type message_type;
    bool cut;
    bool console;
    bool has_pid;
  };

  void Room(size_t bytes);
  // There is room.
  Text Put(size_t texts, std::string_view text);
  [[nodiscard]] std::string_view TextAt(size_t texts, Text text) const { return {buffer_.data() + texts + text.at, text.size}; }

  std::string buffer_;  // used_ bytes of it are texts
  size_t used_ = 0;
  std::vector<Beginning> beginnings_;
  std::vector<Entry> entries_;
};

}  // namespace logmill
