// Records as counting leaves them to shipping: copied, or where they were read, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/lent_bytes.h"
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
  LentBytes lent = {};           // lines that stand in them are not copied
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

  // The next records come from here. Copied, but for last_ms and what is lent.
  void Begin(const Whence& whence);
  // After Begin(). Copies the texts of the record: the line that is not lent, and what does not stand in it by its address. `time_ms`: Unix
  // time, nearer to 1970 than kMostMillis.
  void Add(const Record& record, int64_t time_ms, uint64_t place, std::string_view lane);

  [[nodiscard]] size_t bytes() const { return used_ + lent_bytes_ + entries_.size() * sizeof(Entry); }
  [[nodiscard]] size_t records() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // Its views are valid until the batch changes.
  [[nodiscard]] TakenRecord At(size_t i) const;
  // Keeps the buffers.
  void Clear();

 private:
  struct Text {
    uint32_t at = 0;  // in the line; beyond its end: in the texts behind it
    uint32_t size = 0;
  };
  struct Beginning {
    OriginId origin;
    int64_t now_ms;
    bool catching_up;
    size_t source;  // where in the buffer
    size_t source_size;
    size_t stream_size;  // behind it
  };
  struct Entry {
    const char* lent;  // the line; null: it is the first of the texts
    size_t texts;      // where in the buffer
    int64_t time_ms;
    uint64_t place;
    int64_t pid;
    uint32_t line_size;
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
  void Put(std::string_view text);

  std::string buffer_;  // used_ bytes of it are texts
  size_t used_ = 0;
  std::string_view lent_;  // of the last beginning
  size_t lent_bytes_ = 0;
  std::vector<std::shared_ptr<const char[]>> owners_;
  std::vector<Beginning> beginnings_;
  std::vector<Entry> entries_;
};

}  // namespace logmill
