#include "ingest/console_line.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace logmill {
namespace {

std::string Stripped(std::string_view text) {
  std::string out;
  AppendWithoutColors(text, out);
  return out;
}

// What the bracket and the message of `rest` are read as, behind a head of level error: "worker|context|id|message".
std::string Parts(const std::string& rest) {
  const std::string line = "[Nest] 30  - 11/22/2026, 9:24:41 AM   ERROR " + rest;
  const auto head = ParseConsoleHead(line);
  if (!head) return "no head";
  EXPECT_EQ(head->level, "error") << line;
  return std::string(head->worker) + "|" + std::string(head->context) + "|" + std::string(head->correlation_id) + "|" +
         Stripped(head->message);
}

// The same in colours.
std::string ColoredParts(const std::string& bracket, const std::string& message) {
  return Parts("\x1b[33m[" + bracket + "]\x1b[39m \x1b[31m" + message + "\x1b[39m");
}

TEST(ConsoleHead, SaysWhatTheLineSays) {
  const std::string line = "[Nest] 36  - 12/23/2025, 11:42:11 PM     LOG [Api:WebsocketRepository~9tsc1h95] Initialized websocket server";
  const auto head = ParseConsoleHead(line);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->pid, 36);
  EXPECT_EQ(head->level, "log");
  EXPECT_EQ(head->timestamp, "12/23/2025, 11:42:11 PM");
  EXPECT_EQ(head->worker, "Api");
  EXPECT_EQ(head->context, "WebsocketRepository");
  EXPECT_EQ(head->correlation_id, "9tsc1h95");
  EXPECT_EQ(head->message, "Initialized websocket server");
  EXPECT_FALSE(head->colored);
}

TEST(ConsoleHead, ColoursChangeNothing) {
  const std::string line =
      "\x1b[1m[Nest] 11  - \x1b[0m"
      "11/22/2026, 9:26:37 AM \x1b[1m  FATAL\x1b[0m \x1b[33m[Microservices:X]\x1b[39m \x1b[1mmessage\x1b[0m";
  const auto head = ParseConsoleHead(line);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->pid, 11);
  EXPECT_EQ(head->level, "fatal");
  EXPECT_EQ(head->timestamp, "11/22/2026, 9:26:37 AM");
  EXPECT_EQ(head->worker, "Microservices");
  EXPECT_EQ(head->context, "X");
  EXPECT_EQ(Stripped(head->message), "message");
  EXPECT_TRUE(head->colored);
}

TEST(ConsoleHead, EveryLevelAndEveryLocale) {
  for (const auto& [capitals, level] : {std::pair{"VERBOSE", "verbose"},
                                        {"  DEBUG", "debug"},
                                        {"    LOG", "log"},
                                        {"   WARN", "warn"},
                                        {"  ERROR", "error"},
                                        {"  FATAL", "fatal"}}) {
    const std::string line = "[Nest] 1  - 2026. 11. 22. PM 12:00:00 " + std::string(capitals) + " [C] m";
    const auto head = ParseConsoleHead(line);
    ASSERT_TRUE(head) << level;
    EXPECT_EQ(head->level, level);
    EXPECT_EQ(head->timestamp, "2026. 11. 22. PM 12:00:00");
  }
  const auto arabic = ParseConsoleHead("[Nest] 1  - ٢٢‏/١١‏/٢٠٢٦، ١٢:٠٠:٠٠ م     LOG [C] m");
  ASSERT_TRUE(arabic);
  EXPECT_EQ(arabic->timestamp, "٢٢‏/١١‏/٢٠٢٦، ١٢:٠٠:٠٠ م");
  EXPECT_EQ(arabic->context, "C");
}

TEST(ConsoleHead, OtherApplicationsHaveOtherNames) {
  const auto head = ParseConsoleHead("[My App] 1234567890  - 11/22/2026, 9:24:41 AM     LOG plain");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->pid, 1234567890);
  EXPECT_EQ(head->context, "");
  EXPECT_EQ(head->message, "plain");
}

TEST(ConsoleHead, IsNotSeenInOtherLines) {
  for (const std::string line : {"",
                                 "[",
                                 "[Nest]",
                                 "[Nest] ",
                                 "[Nest] 11",
                                 "[Nest] 11  - ",
                                 "[Nest] 11 - 11/22/2026, 9:24:41 AM     LOG [C] m",
                                 "[Nest] x  - 11/22/2026, 9:24:41 AM     LOG [C] m",
                                 "[Nest] 12345678901  - 11/22/2026, 9:24:41 AM     LOG [C] m",
                                 "[] 11  - 11/22/2026, 9:24:41 AM     LOG [C] m",
                                 "[a[b] 11  - 11/22/2026, 9:24:41 AM     LOG [C] m",
                                 " [Nest] 11  - 11/22/2026, 9:24:41 AM     LOG [C] m",
                                 "[Nest] 11  -      LOG [C] m",
                                 "[Nest] 11  - 11/22/2026, 9:24:41 AM [C] m",
                                 "[Nest] 11  - 11/22/2026, 9:24:41 AM     log [C] m",
                                 "[Nest] 11  - 11/22/2026, 9:24:41 AM LOGS [C] m",
                                 "[Nest] 11  - [11/22/2026, 9:24:41 AM]     LOG [C] m",
                                 "[Nest] 11  - 11/22/2026,\n9:24:41 AM     LOG [C] m",
                                 "\x1b[32m",
                                 "\x1b[32mtext",
                                 "\x1b[32",
                                 "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55d4796fb180] moov atom not found",
                                 "[1, 2, 3]"}) {
    EXPECT_FALSE(ParseConsoleHead(line)) << line;
  }
  EXPECT_FALSE(ParseConsoleHead("[Nest] 11  - " + std::string(129, 'x') + " LOG [C] m"));
}

TEST(ConsoleHead, ABracketHoldsWhatThereIsOfWorkerContextAndId) {
  EXPECT_EQ(Parts("[Api:SomeService~bz0iyipo] m"), "Api|SomeService|bz0iyipo|m");
  EXPECT_EQ(Parts("[Maintenance:SomeService] m"), "Maintenance|SomeService||m");
  EXPECT_EQ(Parts("[SomeService] m"), "|SomeService||m");
  EXPECT_EQ(Parts("[Api] m"), "Api|||m");
  EXPECT_EQ(Parts("[Api~bz0iyipo] m"), "Api||bz0iyipo|m");
  EXPECT_EQ(Parts("[ApiService] m"), "|ApiService||m");
  EXPECT_EQ(Parts("[Other:SomeService] m"), "|Other:SomeService||m");
  EXPECT_EQ(Parts("[Api:a string] [Deprecated] m"), "Api|a string||[Deprecated] m");
  EXPECT_EQ(Parts("[Api:SomeService] "), "Api|SomeService||");
  EXPECT_EQ(Parts("[Api:SomeService]"), "Api|SomeService||");
  EXPECT_EQ(Parts("[Api:SomeService] l1\nl2 [x] y"), "Api|SomeService||l1\nl2 [x] y");
  EXPECT_EQ(Parts("plain"), "|||plain");
  EXPECT_EQ(Parts(""), "|||");
}

TEST(ConsoleHead, AContextMayBeTheDataOfAJob) {
  const std::string data = R"({"source":"up]load~","ids":["a","b"],"n":{"x":"} \" ]"}})";
  EXPECT_EQ(Parts("[Microservices:" + data + "] Unable to run job handler (Ocr): Error: x"),
            "Microservices|" + data + "||Unable to run job handler (Ocr): Error: x");
  EXPECT_EQ(Parts("[Api:" + data + "~bz0iyipo] m"), "Api|" + data + "|bz0iyipo|m");
  EXPECT_EQ(ColoredParts("Api:" + data + "~bz0iyipo", "m"), "Api|" + data + "|bz0iyipo|m");
  EXPECT_EQ(Parts(R"([Api:{"never] closed) m)"), R"(Api|{"never||closed) m)");
}

TEST(ConsoleHead, AContextMayHaveLines) {
  EXPECT_EQ(Parts("[Api:Error: boom\n    at x:3:4] msg"), "Api|Error: boom\n    at x:3:4||msg");
  EXPECT_EQ(ColoredParts("Api:Error: boom [x] y\n    at x:3:4", "msg"), "Api|Error: boom [x] y\n    at x:3:4||msg");
  const auto head = ParseConsoleHead("[Nest] 30  - 11/22/2026, 9:24:41 AM   ERROR \x1b[33m[Api:Error: boom");
  ASSERT_TRUE(head);
  EXPECT_TRUE(head->open_bracket);
  EXPECT_EQ(head->context, "");
}

TEST(ConsoleHead, AForgedIdChangesNeitherLevelNorContext) {
  EXPECT_EQ(ColoredParts("Api:ErrorInterceptor~inject] FATAL [Api:Fake~x", "Unknown error"), "Api|ErrorInterceptor||Unknown error");
  EXPECT_EQ(Parts("[Api:ErrorInterceptor~inject] FATAL [Api:Fake~x] Unknown error"),
            "Api|ErrorInterceptor|inject|FATAL [Api:Fake~x] Unknown error");
  EXPECT_EQ(Parts("[Api:ErrorInterceptor~a b] Unknown error"), "Api|ErrorInterceptor||Unknown error");
  EXPECT_EQ(Parts("[Api:ErrorInterceptor~~{}:] Unknown error"), "Api|ErrorInterceptor||Unknown error");
  EXPECT_EQ(Parts("[Api:ErrorInterceptor~" + std::string(64, 'a') + "] m"), "Api|ErrorInterceptor|" + std::string(64, 'a') + "|m");
  EXPECT_EQ(Parts("[Api:ErrorInterceptor~" + std::string(65, 'a') + "] m"), "Api|ErrorInterceptor||m");
  EXPECT_EQ(Parts(R"([Api:{"id":"1"}~x"}] FATAL [Api:Fake] m)"), R"(Api|{"id":"1"}||FATAL [Api:Fake] m)");
}

TEST(ConsoleHead, AMessageInYellowIsNoContext) {
  const auto head =
      ParseConsoleHead("\x1b[33m[Nest] 1  - \x1b[39m11/22/2026, 9:24:41 AM \x1b[33m   WARN\x1b[39m \x1b[33m[Deprecated] x\x1b[39m");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->context, "");
  EXPECT_FALSE(head->open_bracket);
  EXPECT_EQ(Stripped(head->message), "[Deprecated] x");
}

TEST(WithoutColors, TakesAwayColoursAndReturnsAtLineEndsAndNothingElse) {
  EXPECT_EQ(Stripped("plain"), "plain");
  EXPECT_EQ(Stripped("\x1b[31mred\x1b[39m and \x1b[1;4mbold\x1b[0m\x1b[m"), "red and bold");
  EXPECT_EQ(Stripped("a\r\nb\x1b[39m\r\nc\r"), "a\nb\nc");
  EXPECT_EQ(Stripped("10 %\r20 %\r\x1b[32m30 %"), "10 %\r20 %\r30 %");
  EXPECT_EQ(Stripped("\x1b[2Jx\x1b]0;title\x07\x1b[31"), "\x1b[2Jx\x1b]0;title\x07\x1b[31");
}

}  // namespace
}  // namespace logmill
