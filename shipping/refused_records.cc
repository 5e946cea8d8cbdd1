#include "shipping/refused_records.h"

#include <utility>

#include "shipping/json_writer.h"
#include "shipping/record_json.h"
#include "shipping/time_text.h"

namespace logmill {

RefusedRecords::RefusedRecords(std::string path, std::string destination, uint64_t max_bytes, const Clock& clock)
    : file_(std::move(path)), destination_(std::move(destination)), max_bytes_(max_bytes), clock_(clock) {}

bool RefusedRecords::Add(const ShipRecord& record, std::string_view reason) {
  constexpr int64_t kNanosecondsOfMillisecond = 1'000'000;
  line_.clear();
  JsonWriter json(line_);
  json.BeginObject().Key("refused_at").Text(FormatTime(clock_.UnixMillis() * kNanosecondsOfMillisecond, 0));
  json.Key("destination").Text(destination_).Key("reason").Text(reason);
  WriteRecord(json, record);
  json.EndObject();
  line_ += '\n';
  if (!file_.Append(line_)) return false;
  // When it cannot be rotated it grows until it can.
  if (file_.length() >= max_bytes_) static_cast<void>(file_.Rotate(1));
  return true;
}

}  // namespace logmill
