#include "logging/scope.h"

#include <gtest/gtest.h>
#include <spdlog/async.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <stdexcept>
#include <thread>

#include "logging/setup.h"
#include "tests/logging/support.h"

namespace logmill {
namespace {

TEST(CorrelationScope, NestsAndEnds) {
  EXPECT_EQ(CorrelationScope::Current(), "");
  {
    const CorrelationScope outer("outer");
    EXPECT_EQ(CorrelationScope::Current(), "outer");
    {
      const CorrelationScope inner("inner");
      EXPECT_EQ(CorrelationScope::Current(), "inner");
      const CorrelationScope none("");
      EXPECT_EQ(CorrelationScope::Current(), "");
    }
    EXPECT_EQ(CorrelationScope::Current(), "outer");
  }
  EXPECT_EQ(CorrelationScope::Current(), "");
}

TEST(CorrelationScope, BelongsToItsThread) {
  const CorrelationScope mine("mine");
  std::thread([] {
    EXPECT_EQ(CorrelationScope::Current(), "");
    const CorrelationScope theirs("theirs");
    EXPECT_EQ(CorrelationScope::Current(), "theirs");
  }).join();
  EXPECT_EQ(CorrelationScope::Current(), "mine");
}

// What a logger with our JSON formatter wrote, from `"message"` on.
class LogErrorTest : public ::testing::Test {
 protected:
  std::string Written() {
    const std::string text = stream_.str();
    return text.substr(std::min(text.find("\"message\""), text.size()));
  }
  std::shared_ptr<spdlog::sinks::sink> Sink() {
    LoggingOptions options;
    options.format = LogFormat::kJson;
    options.extra_keys = true;
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_);
    sink->set_formatter(MakeFormatter(options));
    return sink;
  }
  std::ostringstream stream_;
};

TEST_F(LogErrorTest, TheStackGoesWithItsCallOnly) {
  spdlog::logger logger("C", Sink());
  LogError(logger, "first", "Error: x\n    at y");
  EXPECT_EQ(Written(), "\"message\":\"first\",\"context\":\"C\",\"stack\":\"Error: x\\n    at y\"}\n");
  stream_.str("");
  logger.error("second");
  EXPECT_EQ(Written(), "\"message\":\"second\",\"context\":\"C\"}\n");
}

TEST_F(LogErrorTest, AnEmptyStackIsNone) {
  spdlog::logger logger("C", Sink());
  LogError(logger, "{} is no placeholder", "");
  EXPECT_EQ(Written(), "\"message\":\"{} is no placeholder\",\"context\":\"C\"}\n");
}

TEST_F(LogErrorTest, AnExceptionIsWrittenWithItsCauses) {
  spdlog::logger logger("C", Sink());
  try {
    try {
      throw std::invalid_argument("no such queue");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("job failed"));
    }
  } catch (const std::exception& error) {
    LogError(logger, "m", error);
  }
  EXPECT_EQ(Written(), "\"message\":\"m\",\"context\":\"C\",\"stack\":\"job failed\\ncaused by: no such queue\"}\n");
}

TEST_F(LogErrorTest, AnAsynchronousLoggerKeepsTheStackAndNeverTakesAWrongId) {
  const CorrelationScope scope("id");
  {
    auto pool = std::make_shared<spdlog::details::thread_pool>(8, 1);
    auto logger = std::make_shared<spdlog::async_logger>("C", Sink(), pool);
    LogError(*logger, "m", "Error: x");
  }
  EXPECT_EQ(Written(), "\"message\":\"m\\nError: x\",\"context\":\"C\"}\n");
}

}  // namespace
}  // namespace logmill
