#include "logging/json_formatter.h"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <spdlog/sinks/ostream_sink.h>

#include <random>
#include <sstream>

#include "logging/scope.h"
#include "tests/logging/support.h"

namespace logmill {
namespace {

using testing::FormatWith;

std::string Record(const std::string& level, int64_t millis, const std::string& rest) {
  return "{\"level\":\"" + level + "\",\"pid\":" + std::to_string(::getpid()) + ",\"timestamp\":" + std::to_string(millis) + "," + rest +
         "}\n";
}

TEST(JsonFormatter, FiveKeysInOrder) {
  JsonFormatter formatter;
  EXPECT_EQ(FormatWith(formatter, spdlog::level::info, "WebsocketRepository", "Initialized websocket server", 1766533331507),
            Record("log", 1766533331507, R"("message":"Initialized websocket server","context":"WebsocketRepository")"));
}

TEST(JsonFormatter, ContextIsAbsentWhenTheLoggerHasNoName) {
  JsonFormatter formatter;
  EXPECT_EQ(FormatWith(formatter, spdlog::level::warn, "", "m"), Record("warn", testing::kNow, R"("message":"m")"));
}

TEST(JsonFormatter, ContextIsEscaped) {
  JsonFormatter formatter;
  EXPECT_EQ(FormatWith(formatter, spdlog::level::err, R"({"id":"1"})", "m"),
            Record("error", testing::kNow, R"("message":"m","context":"{\"id\":\"1\"}")"));
}

TEST(JsonFormatter, CachedPartsFollowTimeAndLevel) {
  JsonFormatter formatter;
  for (const int64_t millis : {int64_t{999}, int64_t{1000}, int64_t{1000}, int64_t{999}, int64_t{0}, int64_t{-1}, testing::kNow}) {
    EXPECT_EQ(FormatWith(formatter, spdlog::level::trace, "", "", millis), Record("verbose", millis, R"("message":"")"));
    EXPECT_EQ(FormatWith(formatter, spdlog::level::critical, "", "", millis), Record("fatal", millis, R"("message":"")"));
  }
}

TEST(JsonFormatter, AppAndCorrelationIdAreKeptOnlyWhenAskedFor) {
  const CorrelationScope scope("9tsc\"1");
  JsonFormatter plain({false, "Api"});
  EXPECT_EQ(FormatWith(plain, spdlog::level::info, "C", "m"), Record("log", testing::kNow, R"("message":"m","context":"C")"));
  JsonFormatter extra({true, "Api"});
  const std::string expected = Record("log", testing::kNow, R"("message":"m","context":"C","app":"Api","correlationId":"9tsc\"1")");
  EXPECT_EQ(FormatWith(extra, spdlog::level::info, "C", "m"), expected);
  EXPECT_EQ(FormatWith(*extra.clone(), spdlog::level::info, "C", "m"), expected);
  JsonFormatter nameless({true, ""});
  const CorrelationScope none("");
  EXPECT_EQ(FormatWith(nameless, spdlog::level::info, "", "m"), Record("log", testing::kNow, R"("message":"m")"));
}

TEST(JsonFormatter, WorksInAnySinkOfSpdlog) {
  std::ostringstream stream;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(stream);
  spdlog::logger logger("C", sink);
  logger.set_formatter(std::make_unique<JsonFormatter>());
  logger.log(testing::AtMillis(1), {}, spdlog::level::info, "a\nb");
  LogError(logger, "broke", "Error: x\n    at y");
  const auto lines = testing::Lines(stream.str());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0] + "\n", Record("log", 1, R"("message":"a\nb","context":"C")"));
  EXPECT_TRUE(lines[1].ends_with(R"("message":"broke","context":"C","stack":"Error: x\n    at y"})")) << lines[1];
}

// Whatever message, context, app, id and stack hold: one line, valid JSON, the keys in their order.
TEST(JsonFormatter, AnyBytesMakeOneValidLine) {
  std::mt19937_64 random(2);
  const auto bytes = [&] {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = random() % 3 == 0 ? '"' : static_cast<char>(random());
    return text;
  };
  simdjson::dom::parser parser;
  for (int round = 0; round < 5000; ++round) {
    JsonFormatter formatter({true, bytes()});
    const CorrelationScope scope(bytes());
    const std::string line = FormatWith(formatter, spdlog::level::info, bytes(), bytes());
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    simdjson::dom::object object;
    ASSERT_EQ(parser.parse(line).get(object), simdjson::SUCCESS) << line;
    ASSERT_EQ((*object.begin()).key, "level");
    ASSERT_EQ(int64_t(object["timestamp"]), testing::kNow);
  }
}

}  // namespace
}  // namespace logmill
