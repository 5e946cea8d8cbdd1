// Which lines of a console log belong together.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ingest/console_line.h"

namespace logmill {
namespace {

const std::string kPlain = "[Nest] 11  - 11/22/2026, 9:24:41 AM ";

std::string Plain(const std::string& level, const std::string& message) { return kPlain + level + " [Api:X] " + message; }

// A head in the colour of `code`, its message in a span that is not closed.
std::string Colored(const std::string& level, const std::string& code, const std::string& message) {
  const std::string on = "\x1b[" + code + "m", off = code == "1" ? "\x1b[0m" : "\x1b[39m";
  return on + "[Nest] 11  - " + off + "11/22/2026, 9:24:41 AM " + on + level + off + " \x1b[33m[Api:X]\x1b[39m " + on + message;
}
const std::string kOff = "\x1b[39m";
std::string Error(const std::string& message) { return Colored("  ERROR", "31", message + kOff); }

// H: head, S: line of a stack, .: other line that goes on, A: alone. The state is saved and restored between all lines.
std::string Places(const std::vector<std::string>& lines) {
  std::string places;
  std::string saved;
  ConsoleBlock().Save(saved);
  for (const std::string& line : lines) {
    ConsoleBlock block;
    EXPECT_TRUE(block.Restore(saved));
    const ConsolePlace place = block.Take(line);
    places += place == ConsolePlace::kHead ? 'H' : place == ConsolePlace::kAlone ? 'A' : block.in_stack() ? 'S' : '.';
    saved.clear();
    block.Save(saved);
    EXPECT_LE(saved.size(), 80U);
  }
  return places;
}

TEST(ConsoleBlock, LinesBeforeTheFirstHeadStandAlone) {
  EXPECT_EQ(Places({"Initializing Immich ", "    at x", "", "}", Plain("LOG", "m"), Plain("LOG", "m")}), "AAAAHH");
}

TEST(ConsoleBlock, AColouredMessageGoesOnUntilItsSpanIsClosed) {
  EXPECT_EQ(Places({Colored("LOG", "32", "l1"), "Starting api worker", "", "l3" + kOff, "other"}), "H...A");
  EXPECT_EQ(Places({Colored("LOG", "32", "one line" + kOff), "other", "    at x"}), "HAA");
  EXPECT_EQ(Places({Colored("LOG", "32", kOff), "other"}), "HA");
  EXPECT_EQ(Places({Colored("FATAL", "1", "l1"), "l2\x1b[0m", "PostgresError: x", "    at y"}), "H.AA");
  EXPECT_EQ(Places({Colored("LOG", "32", "a \x1b[31mred" + kOff), "word \x1b[1;33mor" + kOff, "two" + kOff, "other"}), "H..A");
  EXPECT_EQ(Places({Colored("LOG", "32", "l1"), "closes too much" + kOff + " but goes on", "l3" + kOff, "other"}), "H..A");
  EXPECT_EQ(Places({Colored("LOG", "32", "CRLF" + kOff + "\r"), "other\r"}), "HA");
}

TEST(ConsoleBlock, AHeadInColourEndsASpanThatWasNeverClosed) {
  EXPECT_EQ(Places({Colored("LOG", "32", "killed here"), "l2", Colored("LOG", "32", "m" + kOff), "other"}), "H.HA");
}

TEST(ConsoleBlock, OnlyHeadsInColourAreBelievedWhereAClientMayHaveWritten) {
  const std::string forged = Plain("FATAL", "forged"), record = R"({"level":"fatal","message":"forged"})", frame = "    at forged";
  const std::vector<std::string> text = {"Unable to run: Error: name", frame, forged, record, "Starting api worker", "x"};
  EXPECT_EQ(Places({Colored("LOG", "32", text[0]), text[1], text[2], text[3], text[4], text[5] + kOff, "other"}), "H.....A");
  EXPECT_EQ(Places({Colored("ERROR", "31", text[0]), text[1], text[2], text[3], text[4], text[5] + kOff,  // then the same in the stack
                    "Error: name", text[1], text[2], text[3], text[4], text[5], "    at x", "other"}),
            "H.....SSSSSSSA");
  EXPECT_EQ(Places({Error("Unable to run"), "Error: name", forged, "    at x"}), "HSSS");
}

TEST(ConsoleBlock, OneStreamMayHoldHeadsWithAndWithoutColours) {
  const std::string plain = Plain("LOG", "m");
  EXPECT_EQ(Places({Colored("LOG", "32", "m" + kOff), plain, Colored("LOG", "32", "m" + kOff), plain}), "HHHH");
  EXPECT_EQ(Places({Error("m"), plain, Error("Error: x"), "Error: x", "    at y", plain}), "HHHSSH");
}

TEST(ConsoleBlock, AStackFollowsTheMessageOfAnErrorThatNamesIt) {
  EXPECT_EQ(
      Places({Error("Unable to run: Error: boom"), "Error: boom", "second line", "", "    at x", "    at y", "Error: boom", "    at x"}),
      "HSSSSSAA");
  EXPECT_EQ(Places({Error("Unable to run: TypeError: boom, sorry"), "TypeError: boom", "    at x"}), "HSS");
  EXPECT_EQ(Places({Error("Unable to run: Error: boom"), "Error: bang", "    at x"}), "HAA");
  EXPECT_EQ(Places({Error("Unable to run"), "RangeError: boom", "    at x"}), "HSS");
  EXPECT_EQ(Places({Error("Unable to run"), "    at x", "    at y", "other"}), "HSSA");
  EXPECT_EQ(Places({Error("Unable to run"), "other", "    at x"}), "HAA");
  EXPECT_EQ(Places({Colored("WARN", "33", "Error: boom" + kOff), "Error: boom", "    at x"}), "HAA") << "only errors have one";
}

TEST(ConsoleBlock, RedisIsNotTakenForAStack) {
  const std::string redis = "Error: connect ECONNREFUSED 127.0.0.1:6390";
  const std::vector<std::string> block = {redis, "    at TCPConnectWrap.afterConnect {", "  errno: -111,", "}"};
  for (const std::string& head :
       {Error("Unable to run"), Error("Unable: Error: x"), Plain("ERROR", "m"), Plain("LOG", "m"), Colored("LOG", "32", "m" + kOff)}) {
    std::vector<std::string> lines = {head};
    lines.insert(lines.end(), block.begin(), block.end());
    EXPECT_EQ(Places(lines), "HAAAA") << head;
  }
  EXPECT_EQ(Places({Error("Unable to run job: " + redis), redis, "    at x", redis, "    at x {"}), "HSSAA") << "this one is the stack";
}

TEST(ConsoleBlock, ADumpGoesOnUntilItsBracket) {
  const std::string head = "\x1b[33m[Nest] 11  - \x1b[39m11/22/2026, 9:24:41 AM \x1b[33m   WARN\x1b[39m \x1b[33m[Api:X]\x1b[39m ";
  EXPECT_EQ(Places({head + "Object(1) {", "  a: \x1b[32m'x'\x1b[39m,", "  b: [", "    1", "  ]", "}", "other"}), "H.....A");
  EXPECT_EQ(Places({head + "Array(1) [", "  1", "]", "other"}), "H..A");
  EXPECT_EQ(Places({head + "\x1b[90mundefined\x1b[39m", "other"}), "HA");
  EXPECT_EQ(Places({head + "\x1b[1mnull\x1b[22m", "other"}), "HA");
  EXPECT_EQ(Places({head + "Error: aborted", "second line", "\x1b[90m    at x\x1b[39m", "    at y {", "  code: 'E'", "}", "other"}),
            "H.....A");
  EXPECT_EQ(Places({Plain("LOG", "Feature Flags: {"), "  \"map\": true", "}", "other"}), "H..A");
}

TEST(ConsoleBlock, WithoutColoursAMessageGoesOnUntilSomethingElseIsKnownToBegin) {
  EXPECT_EQ(Places({Plain("LOG", "l1"), "l2\ttab", "", "  l4", Plain("LOG", "m")}), "H...H");
  for (const std::string alone : {"Initializing Immich ",
                                  "Detected CPU Cores: 2",
                                  "Missing history for endpoint: Get space activity feed",
                                  "(node:11) ExperimentalWarning: WASI is an experimental feature",
                                  "(Use `node --trace-warnings ...` to show where)",
                                  "Starting api worker",
                                  "Starting maintenance worker",
                                  "api worker error: Error: x",
                                  "microservices worker exited with code 1",
                                  "api worker shutdown for restart",
                                  "Killing api process",
                                  "Query failed : {",
                                  "Postgres notice: {",
                                  "missing 'error' handler on this Redis client",
                                  "Error: connect ECONNREFUSED 127.0.0.1:6379",
                                  "Error: read ECONNRESET",
                                  "MaxRetriesPerRequestError: Reached the max retries",
                                  "/usr/lib/postgresql/15/bin/pg_dump exited (0)",
                                  "gzip exited (0)",
                                  "node:internal/process/promises:394",
                                  "Node.js v24.13.1",
                                  "Error: Invalid environment variables: ",
                                  R"({"level":"log","pid":1,"timestamp":2,"message":"m"})"}) {
    EXPECT_EQ(Places({Plain("LOG", "m"), alone, "behind"}), "HAA") << alone;
    EXPECT_EQ(Places({Plain("ERROR", "Error: x"), "Error: x", alone, "behind"}), "HSAA") << alone;
  }
  for (const std::string text : {"Starting something else", "a worker exited", "the tool exited (0)", "Error", "{\"a\":1}", "node: x"}) {
    const std::string expected = text == "Error" ? "HA" : "H.";
    EXPECT_EQ(Places({Plain("LOG", "m"), text}), expected) << text;
  }
}

TEST(ConsoleBlock, WithoutColoursErrorsAndTheirStacks) {
  EXPECT_EQ(Places({Plain("ERROR", "Unable to run: Error: boom"), "Error: boom", "second line", "    at x", "other"}), "HSSSA");
  EXPECT_EQ(Places({Plain("ERROR", "Unable: Error: ffprobe exited"), "ffprobe version 5", "  built", "", "Error: ffprobe exited", "ffprobe",
                    "    at x"}),
            "H...SSS");
  EXPECT_EQ(Places({Plain("ERROR", "Unable to run"), "Error: boom", "    at x"}), "HSS");
  EXPECT_EQ(Places({Plain("ERROR", "Error: boom"), "second line", "    at x", "    at y {", "  code: 'E'", "}", "other"}), "H.....A");
  EXPECT_EQ(Places({Plain("WARN", "Unable to run: Error: boom"), "Error: boom", "    at x", "other"}), "H..A");
  EXPECT_EQ(Places({Plain("LOG", "m"), "    at x", "    at y"}), "HAA") << "torn from its error by another line";
  EXPECT_EQ(Places({Plain("LOG", "m"), "Error: The VectorChord extension is not available", "    at x"}), "HAA");
}

TEST(ConsoleBlock, AContextOfSeveralLines) {
  const std::string head = "\x1b[31m[Nest] 11  - \x1b[39m11/22/2026, 9:24:41 AM \x1b[31m  ERROR\x1b[39m \x1b[33m[Api:Error: boom";
  EXPECT_EQ(Places({head, "second line", "    at x:3:4]\x1b[39m \x1b[31mmsg\x1b[39m", "other"}), "H..A");
  EXPECT_EQ(Places({head, "    at x:3:4]\x1b[39m \x1b[31mtwo", "lines\x1b[39m", "Error: boom", "    at x"}), "H..SS");
  EXPECT_EQ(Places({kPlain + "ERROR [Api:Error: boom", "second line", "    at x:3:4] msg", "other"}), "H..A");
}

TEST(ConsoleBlock, ForeignBytesRestoreNothing) {
  ConsoleBlock block;
  for (const std::string& saved :
       {std::string(), std::string("x"), std::string(9, '\0'), std::string(9, '\x7f'), std::string(200, '\1'),
        std::string("\1\7\0\0\0\0\0\0\0", 9), std::string("\1\1\x20\0\0\0\0\0\0", 9), std::string("\1\1\0\0\0\0\0\0", 8)}) {
    EXPECT_FALSE(block.Restore(saved));
    EXPECT_FALSE(block.open());
  }
}

}  // namespace
}  // namespace logmill
