#include "logging/setup.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>

#include "tests/logging/cxx17_user.h"
#include "tests/logging/support.h"

namespace logmill {
namespace {

using testing::Capture;
using testing::Output;

// Sets logging up in a child with this environment, logs at every level, and tells the set-up's answer through the exit code.
Output SetUpAndLog(const char* format, const char* level, const char* no_color, LoggingOptions options = {}) {
  return Capture([&] {
    ::setenv("TZ", "UTC", 1);
    ::setenv("IMMICH_LOG_FORMAT", format, 1);
    ::setenv("IMMICH_LOG_LEVEL", level, 1);
    ::setenv("NO_COLOR", no_color, 1);
    const bool fine = SetUpLogging(options).empty();
    const auto logger = GetLogger("C");
    logger->trace("m");
    logger->debug("m");
    logger->info("m");
    logger->warn("m");
    logger->error("m");
    logger->critical("m");
    spdlog::info("no context");
    ::_exit(fine ? 0 : 3);
  });
}

TEST(SetUp, ConsoleInColorByDefaultThoughNoTerminalIsThere) {
  const Output output = SetUpAndLog("", "", "");
  EXPECT_EQ(output.code, 0);
  const auto out = testing::Lines(output.out), err = testing::Lines(output.err);
  ASSERT_EQ(out.size(), 4U);
  ASSERT_EQ(err.size(), 1U);
  EXPECT_TRUE(out[0].starts_with("\x1b[32m[Nest] ")) << out[0];
  EXPECT_TRUE(out[0].ends_with("\x1b[32m    LOG\x1b[39m \x1b[33m[C]\x1b[39m \x1b[32mm\x1b[39m")) << out[0];
  EXPECT_TRUE(out[2].ends_with("\x1b[1m  FATAL\x1b[0m \x1b[33m[C]\x1b[39m \x1b[1mm\x1b[0m")) << out[2];
  EXPECT_TRUE(out[3].ends_with("\x1b[32m    LOG\x1b[39m \x1b[32mno context\x1b[39m")) << out[3];
  EXPECT_TRUE(err[0].ends_with("\x1b[31m  ERROR\x1b[39m \x1b[33m[C]\x1b[39m \x1b[31mm\x1b[39m")) << err[0];
}

TEST(SetUp, JsonAndLevelFromTheEnvironment) {
  const Output output = SetUpAndLog("json", "verbose", "");
  EXPECT_EQ(output.code, 0);
  const auto out = testing::Lines(output.out), err = testing::Lines(output.err);
  ASSERT_EQ(out.size(), 6U);
  ASSERT_EQ(err.size(), 1U);
  EXPECT_TRUE(out[0].starts_with("{\"level\":\"verbose\",\"pid\":")) << out[0];
  EXPECT_TRUE(out[0].ends_with("\"message\":\"m\",\"context\":\"C\"}")) << out[0];
  EXPECT_TRUE(err[0].starts_with("{\"level\":\"error\",\"pid\":")) << err[0];
  EXPECT_TRUE(out[5].ends_with("\"message\":\"no context\"}")) << out[5];
}

TEST(SetUp, NothingBelowTheLevelIsWritten) {
  EXPECT_EQ(testing::Lines(SetUpAndLog("json", "error", "").out).size(), 1U);
  EXPECT_EQ(SetUpAndLog("json", "fatal", "").err, "");
}

TEST(SetUp, NoColorSwitchesColorsOff) {
  const Output output = SetUpAndLog("", "", "false");
  EXPECT_EQ(output.out.find('\x1b'), std::string::npos);
  EXPECT_TRUE(output.out.starts_with("[Nest] "));
}

// One line at level log, and what of it came out of the far end of a pseudo-terminal.
std::string LogToTerminal(const LoggingOptions& base) {
  const int near = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (near < 0 || ::grantpt(near) != 0 || ::unlockpt(near) != 0) return "";
  const int terminal = ::open(::ptsname(near), O_RDWR | O_NOCTTY | O_CLOEXEC);
  LoggingOptions options = base;
  options.out_fd = terminal;
  MakeLogger(options)->info("m");
  std::array<char, 4096> text;
  const ssize_t size = ::read(near, text.data(), text.size());
  ::close(terminal);
  ::close(near);
  return size > 0 ? std::string(text.data(), static_cast<size_t>(size)) : "";
}

TEST(SetUp, ATerminalIsLookedForOnlyWhenAskedFor) {
  LoggingOptions options;
  options.color_needs_terminal = true;
  const Output output = SetUpAndLog("", "", "", options);
  EXPECT_EQ((output.out + output.err).find('\x1b'), std::string::npos);

  const std::string line = LogToTerminal(options);
  if (line.empty()) GTEST_SKIP() << "no pseudo-terminals here";
  EXPECT_TRUE(line.starts_with("\x1b[32m[Nest] ")) << line;
  options.color = false;
  EXPECT_TRUE(LogToTerminal(options).starts_with("[Nest] "));
}

TEST(SetUp, AWrongVariableIsReportedAndLoggingWorksNevertheless) {
  const Output output = SetUpAndLog("yaml", "error", "1");
  EXPECT_EQ(output.code, 3);
  EXPECT_TRUE(output.out.starts_with("[Nest] ")) << output.out;
  EXPECT_EQ(testing::Lines(output.out).size(), 1U);
}

TEST(SetUp, LoggersAreMadeOnceAndFollowTheLevel) {
  const Output output = Capture([] {
    if (!SetUpLogging().empty()) ::_exit(1);
    const auto logger = GetLogger("C");
    if (GetLogger("C") != logger || GetLogger("D") == logger) ::_exit(2);
    spdlog::set_level(spdlog::level::trace);
    if (!logger->should_log(spdlog::level::trace)) ::_exit(3);
    const auto job = logger->clone("{\"id\":\"1\"}");
    if (spdlog::get(job->name()) != nullptr) ::_exit(4);
  });
  EXPECT_EQ(output.code, 0);
}

TEST(SetUp, HeadersServeCxx17Users) {
  EXPECT_EQ(testing::LanguageOfUser(), 201703L);
  testing::Pipe out, err;
  testing::LogAsUser(out.writer(), err.writer());
  const std::string tail = R"(,"context":"AssetService","app":"Api","correlationId":"9tsc1h95")";
  const std::string log = out.Text(), error = err.Text();
  EXPECT_TRUE(log.ends_with(R"("message":"Uploaded 3 assets")" + tail + "}\n")) << log;
  EXPECT_TRUE(error.ends_with(R"("message":"Upload failed")" + tail + R"(,"stack":"disk full"})" + "\n")) << error;
}

}  // namespace
}  // namespace logmill
