// Log lines as the records that shippers see, for tests: read by the decoder, as the daemon does it.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decoder.h"
#include "shipping/ship_record.h"

namespace logmill {

// Owns what the records look at.
class LineRecords {
 public:
  static constexpr int64_t kReadMs = 1'795'339'340'000;

  ShipRecord& Add(std::string_view line) {
    Line& kept = lines_.emplace_back(line);
    Record record;
    EXPECT_EQ(kept.decoder.Decode(kept.text, false, &record), Reject::kNone) << line;
    const bool object = record.format == RecordFormat::kJson && !record.console;
    const uint64_t number = records_.size() + 1;
    return records_.emplace_back(ShipRecord{.id = {number, number * number},
                                            .time_ns = record.timestamp_ms.value_or(kReadMs) * 1'000'000,
                                            .read_ms = kReadMs,
                                            .format = record.format,
                                            .console = record.console,
                                            .message_type = record.message.type,
                                            .level = record.level,
                                            .context = record.context,
                                            .message = record.message.text,
                                            .pid = record.pid,
                                            .source = "gallery",
                                            .stream = "/var/log/gallery/api.log",
                                            .line = object ? record.line : record.message.text});
  }

  // In their order; valid until the next Add().
  std::span<const ShipRecord> all() {
    copies_.assign(records_.begin(), records_.end());
    return copies_;
  }

 private:
  struct Line {
    explicit Line(std::string_view line) : text(line), decoder(Decoder::Options{}) {}
    std::string text;
    Decoder decoder;
  };
  std::deque<Line> lines_;
  std::deque<ShipRecord> records_;
  std::vector<ShipRecord> copies_;
};

// Lines of a real Gallery server.
namespace gallery_lines {

inline constexpr std::string_view kPlain =
    R"({"level":"log","pid":11,"timestamp":1795339327773,"message":"Initialized websocket server","context":"WebsocketRepository"})";
// A failing job: the context is its data.
inline constexpr std::string_view kJobData =
    R"({"level":"error","pid":11,"timestamp":1795339337330,"message":"Unable to run job handler (Ocr): Error: Machine learning request '{\"ocr\":{}}' failed for all URLs","context":"{\"source\":\"upload\",\"id\":\"521a95cc-a94f-45be-b953-9c1528de9dd9\"}","stack":"Error: failed\n    at MachineLearningRepository.predict (/usr/src/app/server/dist/x.js:119:15)\n    at async run"})";
inline constexpr std::string_view kObject =
    R"({"level":"warn","pid":30,"timestamp":1795339359195,"message":{"originalPath":"/data/upload/f0/32/f032d290.jpg"},"context":"DownloadService"})";
inline constexpr std::string_view kArray =
    R"({"level":"log","pid":14209,"timestamp":1795340132795,"message":[1,"a",{"b":2}],"context":"SomeService"})";
// The object's own `level` is no level of the line.
inline constexpr std::string_view kForged =
    R"({"level":"log","pid":14209,"timestamp":1795340132795,"message":{"message":"x","level":"fatal","context":"Fake"},"context":"SomeService"})";
inline constexpr std::string_view kNoMessage = R"({"level":"error","pid":14209,"timestamp":1795340132795,"context":"SomeService"})";
inline constexpr std::string_view kNull = R"({"level":"log","pid":14209,"timestamp":1795340132795,"message":null,"context":"SomeService"})";
inline constexpr std::string_view kConsole =
    "[Nest] 30  - 11/22/2026, 9:24:41 AM   ERROR [Api:ErrorInterceptor~inject] FATAL [Api:Fake~x] Unknown error";
inline constexpr std::string_view kText = "Error: connect ECONNREFUSED 127.0.0.1:6390";

}  // namespace gallery_lines

}  // namespace logmill
