// Which lines of text become one record.
#include "ingest/trace_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ingest/assembler_support.h"

namespace logmill {
namespace {

using testing::AssembledStream;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FileText;

// Texts of the entries that the lines become.
std::vector<std::string> Blocks(std::string_view lines) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.TakesLines(lines);
  stream.Ends();
  EXPECT_EQ(stream.broken(), "");
  return stream.Texts();
}

// All of these blocks, one after the other, stay what they are.
void StayApart(const std::vector<std::string>& blocks) {
  std::string lines;
  for (const std::string& block : blocks) lines += block + "\n";
  EXPECT_EQ(Blocks(lines), blocks);
}

constexpr char kRefused[] =
    "Error: connect ECONNREFUSED 127.0.0.1:6399\n"
    "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16) {\n"
    "  errno: -111,\n"
    "  code: 'ECONNREFUSED',\n"
    "  address: '127.0.0.1'\n"
    "}";

constexpr char kQuery[] =
    "Query failed : {\n"
    "  durationMs: 19.7,\n"
    "  error: PostgresError: invalid byte sequence\n"
    "      at ErrorResponse (file:///app/connection.js:815:30) {\n"
    "    code: '22021'\n"
    "  },\n"
    "  params: [\n"
    "    '\\x00%',\n"
    "    false,\n"
    "    1000\n"
    "  ]\n"
    "}";

TEST(TraceLines, UnrelatedLinesStayApart) {
  StayApart({"Initializing Immich", "Detected CPU Cores: 2", "Starting api worker", "(node:11) ExperimentalWarning: WASI", "Error: one",
             "Error: two", "1000", "}", "gzip exited (0)", "[a]", "Node.js v24.13.1", "ValueError: x"});
}

TEST(TraceLines, LinesThatAreAllIndentedAlikeStayApart) { StayApart({"   compiled in 5 ms", "   ready", " less", "\ttab"}); }

TEST(TraceLines, ErrorsWithTheirStacksAndProperties) {
  StayApart({kRefused, kRefused, kRefused, "missing 'error' handler on this Redis client", kRefused,
             "Error: outer\n    at f (a.js:1:2) {\n  [cause]: TypeError: inner\n      at g (b.js:3:4) {\n    code: 'E'\n  }\n}"});
}

TEST(TraceLines, DumpsOfObjects) {
  StayApart({kQuery, kQuery, "Postgres notice: {\n  severity: 'FATAL'\n}", "Array(2) [\n  1,\n  2\n]", "next", "}"});
}

TEST(TraceLines, JsonEndsABlockAndBelongsToNone) {
  EXPECT_THAT(Blocks("Error: a\n{\"level\":\"log\"}\n    at f (a.js:1:2)\n{\"level\":\"warn\"}\n"),
              ElementsAre("Error: a", "{\"level\":\"log\"}", "    at f (a.js:1:2)", "{\"level\":\"warn\"}"));
  EXPECT_THAT(Blocks("{}\n  { \"a\": 1 }\nx\n  {\"b\": 2}\n"), ElementsAre("{}", "  { \"a\": 1 }", "x\n  {\"b\": 2}"));
}

TEST(TraceLines, JsonOverSeveralLinesIsOneEntry) {
  EXPECT_THAT(Blocks("{\n  \"level\": \"log\",\n  \"list\": [\n    1000\n  ]\n}\nnext\n"),
              ElementsAre("{\n  \"level\": \"log\",\n  \"list\": [\n    1000\n  ]\n}", "next"));
}

TEST(TraceLines, WhatNodeSaysAtItsEnd) {
  StayApart(
      {"node:internal/process/promises:394\n"
       "      triggerUncaughtException(err, true /* fromPromise */);\n"
       "      ^\n"
       "\n"
       "Error: Invalid environment variables: \n"
       "  - IMMICH_LOG_LEVEL=info\n"
       "    at getEnv (/app/config.js:48:15) {\n"
       "  code: 'X'\n"
       "}\n"
       "\n"
       "Node.js v24.13.1",
       "microservices worker exited with code 1",
       "/app/main.js:3\n"
       "throw new Error('x');\n"
       "^\n"
       "\n"
       "[UnhandledPromiseRejection: because] {\n"
       "  code: 'ERR'\n"
       "}\n"
       "\n"
       "Node.js v24.13.1",
       "Killing api process"});
}

TEST(TraceLines, MessagesOfSeveralLinesBeforeAStack) {
  StayApart(
      {"YAMLException: missed comma (2:5)\n"
       "\n"
       " 1 | a: [1,\n"
       " 2 |  b: :\n"
       "---------^\n"
       "    at generateError (/app/loader.js:199:10) {\n"
       "  reason: 'missed comma'\n"
       "}",
       "worker error: Error: Invalid value(s) in file:\n"
       " - property x is no boolean\n"
       ", stack: Error: Invalid value(s) in file:\n"
       " - property x is no boolean\n"
       "\n"
       "    at buildConfig (/app/config.js:119:19)",
       "Killing api process"});
}

TEST(TraceLines, TracebacksOfPython) {
  const std::string traceback =
      "Traceback (most recent call last):\n"
      "  File \"/app/main.py\", line 5, in <module>\n"
      "    int('x')\n"
      "    ~~~^^^^^\n";
  StayApart({"loading", traceback + "ValueError: invalid literal", "ValueError: another line", traceback + "KeyboardInterrupt",
             traceback + "app.errors.Missing: x",
             traceback + "KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n" + traceback +
                 "RuntimeError: b\n\nThe above exception was the direct cause of the following exception:\n\n" + traceback + "OSError",
             "INFO: done", "The above exception was the direct cause of the following exception:"});
}

TEST(TraceLines, ExceptionGroupsOfPython) {
  const std::string group =
      "  + Exception Group Traceback (most recent call last):\n"
      "  |   File \"a.py\", line 1, in <module>\n"
      "  | ExceptionGroup: two (2 sub-exceptions)\n"
      "  +-+---------------- 1 ----------------\n"
      "    | ValueError: one\n"
      "    +---------------- 2 ----------------\n"
      "    | TypeError: two\n"
      "    +------------------------------------";
  const std::string chain = "\n\nDuring handling of the above exception, another exception occurred:\n\n";
  StayApart({"loading", group, group, "next",
             group + chain + group + chain + "Traceback (most recent call last):\n  File \"a.py\"\nOSError", "next"});
}

TEST(TraceLines, TracesOfJava) {
  StayApart(
      {"java.lang.IllegalStateException: outer\n"
       "\tat com.example.Main.run(Main.java:12)\n"
       "Caused by: java.io.IOException: inner\n"
       "\tat com.example.Disk.read(Disk.java:3)\n"
       "\t... 12 more",
       "INFO started"});
}

TEST(TraceLines, PanicsOfGo) {
  StayApart({"starting",
             "panic: runtime error: invalid memory address\n"
             "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n"
             "\n"
             "goroutine 1 [running]:\n"
             "main.run(0x0)\n"
             "\t/app/main.go:12 +0x1d\n"
             "created by main.main in goroutine 7\n"
             "\t/app/main.go:8 +0x20\n"
             "\n"
             "goroutine 2 [select]:\n"
             "main.wait()\n"
             "\t/app/main.go:20 +0x1\n"
             "exit status 2",
             "exit status 3", "goroutines: 5"});
}

TEST(TraceLines, ColoursAreLookedThrough) {
  StayApart({"\x1b[31mQuery failed : \x1b[1m{\x1b[22m\x1b[39m\n  code: \x1b[32m'22021'\x1b[39m\n\x1b[90m}\x1b[39m",
             "Error: x\n\x1b[90m    at f (node:net:1:2)\x1b[39m", "\x1b[32mnext\x1b[39m"});
}

TEST(TraceLines, EmptyLinesBelongToTheBlockBeforeButNotToItsText) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.TakesLines("\n\na\n\n  \nb\n\n    deep\n\n");
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre("", "a", "b\n\n    deep"));
  EXPECT_THAT(stream.Lines(), ElementsAre(2, 3, 4));
}

TEST(TraceLines, ASourcesOwnRuleTakesTheirPlace) {
  AssembledStream stream({.join = {.enabled = true, .continues = [](std::string_view line) { return line.starts_with("+"); }}});
  stream.TakesLines("+a\n+b\nc\n  d\n+e\n\n");
  stream.Ends();
  EXPECT_THAT(stream.Texts(), ElementsAre("+a\n+b", "c", "  d\n+e", ""));
}

TEST(TraceLines, ARedisOutageIsOneRecordForEachFailedConnection) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.TakesLines(FileText(LOGMILL_SOURCE_DIR "/tests/data/ingest/redis-unreachable.txt"));
  stream.Ends();
  EXPECT_EQ(stream.broken(), "");
  std::vector<uint32_t> errors;
  for (const auto& entry : stream.entries) {
    if (entry.text.starts_with("Error: connect ECONNREFUSED")) errors.push_back(entry.lines);
  }
  EXPECT_EQ(errors.size(), 20U);
  EXPECT_THAT(errors, Each(8));
  EXPECT_EQ(std::ranges::count(stream.Texts(), "missing 'error' handler on this Redis client"), 4);
  EXPECT_EQ(stream.Texts()[stream.entries.size() - 3].substr(0, 55), "microservices worker error: MaxRetriesPerRequestError: ");
  EXPECT_EQ(stream.Lines()[stream.entries.size() - 3], 5U);
}

TEST(TraceLines, ARealLogsDumpsAreOneRecordEach) {
  AssembledStream stream({.join = {.enabled = true}});
  stream.TakesLines(FileText(LOGMILL_SOURCE_DIR "/tests/data/ingest/gallery.jsonl"));
  stream.Ends();
  EXPECT_EQ(stream.broken(), "");
  EXPECT_EQ(std::ranges::count_if(stream.Texts(), [](const std::string& text) { return text.starts_with("{\""); }), 126);
  EXPECT_EQ(stream.entries.size(), 126U + 13U + 2U);  // JSON, the banner, two dumps, of which one is a stump
}

// Runs where the full samples lie next to the project.
TEST(TraceLines, TheFullLogs) {
  const std::string folder = LOGMILL_SOURCE_DIR "/../shared/samples/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no samples here";
  AssembledStream verbose({.join = {.enabled = true}});
  verbose.TakesLines(FileText(folder + "json-verbose.jsonl"));
  verbose.Ends();
  EXPECT_EQ(verbose.entries.size(), 3070U + 13U + 7U + 2U);  // JSON, the banner, dumps, the backup's two lines

  AssembledStream redis({.join = {.enabled = true}});
  redis.TakesLines(FileText(folder + "startup/redis-unreachable.txt"));
  redis.Ends();
  EXPECT_EQ(std::ranges::count_if(redis.entries, [](const auto& e) { return e.text.starts_with("Error: connect") && e.lines == 8; }), 660);
  EXPECT_EQ(verbose.broken() + redis.broken(), "");
}

TEST(TraceLines, RememberTheirBlockInAnotherLife) {
  TraceLines before;
  before.Begin("panic: x");
  EXPECT_TRUE(before.GoesOn("goroutine 1 [running]:"));
  TraceLines after;
  after.set_state(before.state());
  EXPECT_TRUE(after.GoesOn("main.main()"));
  EXPECT_FALSE(after.GoesOn("main.other()"));
}

}  // namespace
}  // namespace logmill
