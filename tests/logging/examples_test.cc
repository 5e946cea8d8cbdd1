// The programs of examples/, run, and the page whose code they are.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/logging/support.h"

namespace logmill {
namespace {

using testing::Lines;
using testing::Output;
using testing::RunProgram;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(TwoLines, WritesTheRecordOfTheDocumentation) {
  const Output output = RunProgram({TWO_LINES}, {"IMMICH_LOG_FORMAT=json"});
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.err, "");
  EXPECT_TRUE(output.out.starts_with("{\"level\":\"log\",\"pid\":")) << output.out;
  EXPECT_TRUE(output.out.ends_with(",\"message\":\"Initialized websocket server\",\"context\":\"WebsocketRepository\"}\n")) << output.out;
}

TEST(TwoLines, SaysWhatIsWrongWithTheEnvironment) {
  const Output output = RunProgram({TWO_LINES}, {"IMMICH_LOG_FORMAT=yaml", "IMMICH_LOG_LEVEL=loud"});
  EXPECT_EQ(output.code, 1);
  EXPECT_EQ(output.out, "");
  EXPECT_EQ(output.err,
            "IMMICH_LOG_FORMAT is \"yaml\", but has to be console or json\n"
            "IMMICH_LOG_LEVEL is \"loud\", but has to be verbose, debug, log, warn, error or fatal\n");
}

TEST(TwoLines, StandsInTheDocumentationAsItIs) {
  const std::string program = Contents(LOGMILL_SOURCE_DIR "/examples/two_lines.cc");
  ASSERT_NE(program, "");
  EXPECT_NE(Contents(LOGMILL_SOURCE_DIR "/docs/log-format.md").find("```cpp\n" + program + "```\n"), std::string::npos);
}

// pid and timestamp are what differs between runs.
std::string WithoutNumbers(std::string text) {
  for (size_t at = 0; (at = text.find("\"pid\":", at)) != std::string::npos; ++at) text.erase(at, text.find(",\"message\"", at) - at);
  return text;
}

TEST(GalleryDemo, WritesThatManyLinesTheSameForASeed) {
  const std::string file = ::testing::TempDir() + "gallery_demo_test.log";
  ::unlink(file.c_str());
  const std::vector<std::string> command = {GALLERY_DEMO, "--file", file, "--rate", "0", "--lines", "3000", "--seed", "7"};
  Output output = RunProgram(command);
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.out + output.err, "");
  const std::string first = Contents(file);
  EXPECT_EQ(Lines(first).size(), 3000U);
  EXPECT_EQ(RunProgram(command).code, 0);
  const std::string both = Contents(file);  // it appends
  EXPECT_EQ(WithoutNumbers(both.substr(first.size())), WithoutNumbers(first));
  ::unlink(file.c_str());
}

TEST(GalleryDemo, HasEverythingThatAServerLogHas) {
  const Output output = RunProgram({GALLERY_DEMO, "--rate", "0", "--lines", "5000", "--seed", "1"});
  ASSERT_EQ(output.code, 0);
  std::map<std::string, int> seen;
  simdjson::dom::parser parser;
  for (const std::string& line : Lines(output.out + output.err)) {
    simdjson::dom::object record;
    if (parser.parse(line).get(record) != simdjson::SUCCESS) {
      ++seen["text"];
      continue;
    }
    ++seen[std::string(std::string_view(record["level"]))];
    const std::string_view context = record["context"];
    ++seen[context.starts_with("{\"source\"") ? "job data" : std::string(context)];
    if (record["stack"].error() == simdjson::SUCCESS) ++seen["stack"];
  }
  for (const char* kind : {"verbose", "debug", "log", "warn", "error", "stack", "job data", "text", "LoggingInterceptor", "Bootstrap",
                           "MachineLearningRepository", "PersonService", "GlobalExceptionFilter"})
    EXPECT_GT(seen[kind], 0) << kind;
  EXPECT_GT(seen["LoggingInterceptor"], 1000);
  EXPECT_TRUE(output.out.starts_with("Initializing Immich \nDetected CPU Cores: 2\n")) << output.out.substr(0, 100);
  EXPECT_NE(output.err.find("Error: connect ECONNREFUSED 127.0.0.1:6379\n"), std::string::npos);
}

// Once while it is busy writing, once while it waits for its next line.
TEST(GalleryDemo, EndsCleanlyOnSigterm) {
  for (const char* rate : {"0", "0.001"}) {
    testing::Pipe out;
    const pid_t child = testing::Fork([&] {
      ::dup2(out.writer(), 1);
      ::dup2(out.writer(), 2);
      ::execl(GALLERY_DEMO, GALLERY_DEMO, "--rate", rate, static_cast<char*>(nullptr));
      ::_exit(127);
    });
    out.CloseWriter();
    std::array<char, 4096> piece;
    const ssize_t size = ::read(out.reader(), piece.data(), piece.size());
    ASSERT_GT(size, 0);
    ::kill(child, SIGTERM);
    const std::string text = std::string(piece.data(), static_cast<size_t>(size)) + testing::ReadToEnd(out.reader());
    EXPECT_EQ(testing::ExitCode(child), 0);
    EXPECT_TRUE(text.ends_with('\n'));
  }
}

TEST(GalleryDemo, TellsAboutWrongUse) {
  EXPECT_EQ(RunProgram({GALLERY_DEMO, "--rate", "fast"}).code, 2);
  EXPECT_EQ(RunProgram({GALLERY_DEMO, "--lines", "1"}, {"IMMICH_LOG_LEVEL=loud"}).code, 2);
  const Output output = RunProgram({GALLERY_DEMO, "--file", "/nowhere/x.log"});
  EXPECT_EQ(output.code, 1);
  EXPECT_EQ(output.err, "gallery_demo: cannot open /nowhere/x.log: No such file or directory\n");
  const Output help = RunProgram({GALLERY_DEMO, "--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* option : {"--file", "--rate", "--lines", "--seed"}) EXPECT_NE(help.out.find(option), std::string::npos) << option;
}

}  // namespace
}  // namespace logmill
