// Every shape that a real server's logger wrote and a C++ logger has too: the same bytes on the same stream, in all three modes.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <optional>
#include <string>
#include <vector>

#include "logging/setup.h"
#include "logging/spdlog_level.h"
#include "tests/logging/support.h"

namespace logmill {
namespace {

struct Shape {
  std::string call, app, correlation_id, level, message, context, stack, stream, json, color, no_color;
};

std::vector<Shape> LoadShapes() {
  std::vector<Shape> shapes;
  simdjson::dom::parser parser;
  for (const auto shape : parser.load(LOGMILL_SOURCE_DIR "/tests/data/logging/shapes.json").get_array()) {
    const auto text = [&](const char* key) { return std::string(std::string_view(shape[key])); };
    shapes.push_back({text("call"), text("app"), text("correlation_id"), text("level"), text("message"), text("context"), text("stack"),
                      text("stream"), text("json"), text("color"), text("no_color")});
  }
  return shapes;
}

std::string WithPid(std::string text) {
  constexpr std::string_view kMark = "<pid>";
  for (size_t at; (at = text.find(kMark)) != std::string::npos;) text.replace(at, kMark.size(), std::to_string(::getpid()));
  return text;
}

// Logs the shape through a whole logger and returns what came out of the stream it belongs to; nothing may come out of the other.
std::string Write(const Shape& shape, LoggingOptions options) {
  testing::Pipe out, err;
  options.app = shape.app;
  options.level = LogLevel::kVerbose;
  options.out_fd = out.writer();
  options.err_fd = err.writer();
  const auto logger = MakeLogger(options, shape.context);
  std::optional<CorrelationScope> scope;
  if (!shape.correlation_id.empty()) scope.emplace(shape.correlation_id);
  if (!shape.stack.empty()) {
    LogError(*logger, shape.message, shape.stack);
  } else {
    logger->log(ToSpdlog(LogLevelFromName(shape.level).value()), shape.message);
  }
  const bool to_err = shape.stream == "stderr";
  EXPECT_EQ((to_err ? out : err).Text(), "");
  return (to_err ? err : out).Text();
}

// Replaces the digits of the time, which a whole logger takes from the clock, by those of the data.
std::string WithTimeOf(const std::string& expected, std::string actual, std::string_view from, std::string_view to) {
  const size_t begin = expected.find(from) + from.size(), end = expected.find(to, begin);
  const size_t actual_begin = actual.find(from) + from.size(), actual_end = actual.find(to, actual_begin);
  if (actual_end == std::string::npos) return actual;
  return actual.replace(actual_begin, actual_end - actual_begin, expected, begin, end - begin);
}

TEST(Golden, ThereAreShapes) { EXPECT_EQ(LoadShapes().size(), 23U); }

TEST(Golden, Json) {
  LoggingOptions options;
  options.format = LogFormat::kJson;
  for (const Shape& shape : LoadShapes()) {
    const std::string expected = WithPid(shape.json);
    EXPECT_EQ(WithTimeOf(expected, Write(shape, options), "\"timestamp\":", ",\"message\""), expected) << shape.call;
  }
}

TEST(Golden, ConsoleInColor) {
  for (const Shape& shape : LoadShapes()) {
    const std::string expected = WithPid(shape.color);
    const std::string_view before_time = shape.level == "fatal" ? "  - \x1b[0m" : "  - \x1b[39m";
    EXPECT_EQ(WithTimeOf(expected, Write(shape, {}), before_time, " \x1b["), expected) << shape.call;
  }
}

TEST(Golden, ConsoleWithoutColor) {
  LoggingOptions options;
  options.color = false;
  for (const Shape& shape : LoadShapes()) {
    const std::string expected = WithPid(shape.no_color);
    EXPECT_EQ(WithTimeOf(expected, Write(shape, options), "  - ", "M "), expected) << shape.call;
  }
}

}  // namespace
}  // namespace logmill
