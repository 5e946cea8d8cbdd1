// The records that a destination will never take, with the reason, in a file that people can read: one JSON object a line.
//
//   {"refused_at":"2026-11-22T09:24:30Z","destination":"elasticsearch","reason":"mapper_parsing_exception:
//   ...","id":"...","time":"...","level":"error",
//    "context":"...","pid":17,"source":"...","stream":"...","line":"..."}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "shipping/append_file.h"
#include "shipping/ship_record.h"

namespace logmill {

// One thread. Two files, NAME.refused.ndjson and the one before it (.1): bounded to about twice `max_bytes`.
class RefusedRecords {
 public:
  // `clock` outlives it. The file is made with the first record.
  RefusedRecords(std::string path, std::string destination, uint64_t max_bytes, const Clock& clock);

  // False when it could not be written: the record is gone then (and counted as refused all the same).
  bool Add(const ShipRecord& record, std::string_view reason);

  [[nodiscard]] const std::string& path() const { return file_.path(); }

 private:
  AppendFile file_;
  const std::string destination_;
  const uint64_t max_bytes_;
  const Clock& clock_;
  std::string line_;
};

}  // namespace logmill
