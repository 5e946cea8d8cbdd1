// Which keys of a JSON line mean what, for producers other than Gallery.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// What a number under the timestamp key means (kRfc3339: nothing; kAuto: decided by its size). A string that is no number is read as
// RFC 3339 with any of them.
enum class TimestampUnit { kMilliseconds, kSeconds, kNanoseconds, kRfc3339, kAuto };

// Paths as in FieldPaths. An empty path: the producer has no such key.
// With translate_levels, level names and numbers of other loggers become ours (schema.h): trace → verbose, debug, info/notice → log,
// warn/warning → warn, error/err → error, fatal/panic/critical/... → fatal, 10 20 30 40 50 60 of pino and bunyan likewise;
// in upper or lower case; slog's INFO+2 is INFO; what is unknown stays as it is.
struct KeyNames {
  std::string level = "level";
  std::string pid = "pid";
  std::string timestamp = "timestamp";
  std::string message = "message";
  std::string context = "context";
  TimestampUnit timestamp_unit = TimestampUnit::kMilliseconds;
  bool translate_levels = false;
};

// "gallery" (the default, also "nest"), "pino", "zap", "slog", "bunyan", "ecs".
const std::vector<std::string_view>& KeyPresetNames();
// Nothing when there is no such preset.
std::expected<KeyNames, std::string> KeyPreset(std::string_view name);

}  // namespace logmill
