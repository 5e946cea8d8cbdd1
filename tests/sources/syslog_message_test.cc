// What senders really write, and what becomes of it.
#include "sources/syslog_message.h"

#include <cstdlib>
#include <ctime>
#include <ostream>

#include "gmock/gmock.h"
#include "sources/syslog_time.h"

namespace logmill {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1795341600 * kSecond;  // 2026-11-22T10:00:00Z

class SyslogMessageTest : public testing::Test {
 protected:
  void SetUp() override { InZone("UTC"); }
  void TearDown() override { InZone("UTC"); }

  static void InZone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }

  // "severity|seconds after kNow|host|app|proc|text", and "!" before it when the message is malformed.
  static std::string Parse(std::string_view message) {
    const SyslogMessage m = ParseSyslog(message, kNow);
    std::string all = m.malformed ? "!" : "";
    all += m.severity ? std::to_string(*m.severity) : "-";
    all += "|";
    all += m.time_ns ? std::to_string((*m.time_ns - kNow) / kSecond) : "-";
    for (const std::string_view part : {m.host, m.app, m.proc, m.text}) all.append("|").append(part);
    return all;
  }

  static std::optional<int64_t> Bsd(std::string_view text, int64_t now_ns = kNow) {
    const auto time = TakeBsdTime(&text, now_ns);
    return time && text.empty() ? time : std::nullopt;
  }
  static std::optional<int64_t> Iso(std::string_view text) {
    const auto time = TakeIsoTime(&text);
    return time && text.empty() ? time : std::nullopt;
  }
};

// ---- RFC 5424 ----

TEST_F(SyslogMessageTest, OfTheNewFormHasAllFields) {
  EXPECT_EQ(Parse("<165>1 2026-11-22T10:00:03.003Z mymachine.example.com evntslog 812 ID47 [exampleSDID@32473 iut=\"3\"] An event"),
            "5|3|mymachine.example.com|evntslog|812|An event");
  EXPECT_EQ(Parse("<34>1 2026-11-22T11:00:00+01:00 h a - - - \xEF\xBB\xBFtext \xC3\xA9"), "2|0|h|a||text \xC3\xA9");
}

TEST_F(SyslogMessageTest, OfTheNewFormMayHaveNothingButDashes) {
  EXPECT_EQ(Parse("<13>1 - - - - - -"), "5|-||||");
  EXPECT_EQ(Parse("<13>1 - - - - - - "), "5|-||||");
  EXPECT_EQ(Parse("<13>1 - - app - - - {\"level\":\"warn\",\"message\":\"m\"}\n"), "5|-||app||{\"level\":\"warn\",\"message\":\"m\"}");
}

TEST_F(SyslogMessageTest, StructuredDataMayHoldBracketsAndQuotes) {
  EXPECT_EQ(Parse(R"(<13>1 - h a - - [x@1 k="a \] b \" c \\"][y@1] text)"), "5|-|h|a||text");
  EXPECT_EQ(Parse(R"(<13>1 - h a - - [x@1 k="] - text"] [not data] text)"), "5|-|h|a||[not data] text");
}

TEST_F(SyslogMessageTest, StructuredDataIsTheTextWhenThereIsNoOther) {
  EXPECT_EQ(Parse("<13>1 - h a - - [x@1 k=\"v\"]"), "5|-|h|a||[x@1 k=\"v\"]");
}

TEST_F(SyslogMessageTest, OfTheNewFormWithAMistakeKeepsItsText) {
  EXPECT_EQ(Parse("<13>1 2026-11-22T10:00:00Z only-a-host"), "!5|0||||only-a-host");
  EXPECT_EQ(Parse("<13>1 - h a - - [x@1 k=\"v\" text"), "!5|-|h|a||[x@1 k=\"v\" text");
  EXPECT_EQ(Parse("<13>1 - h a - - text without data"), "!5|-|h|a||text without data");
  EXPECT_EQ(Parse("<13>1 - " + std::string(256, 'h') + " a - - - text"), "!5|-||||" + std::string(256, 'h') + " a - - - text");
}

// ---- RFC 3164 ----

TEST_F(SyslogMessageTest, OfTheOldFormHasAllFields) {
  EXPECT_EQ(Parse("<34>Nov 22 10:00:01 mymachine su[99]: 'su root' failed"), "2|1|mymachine|su|99|'su root' failed");
  EXPECT_EQ(Parse("<30>Nov  2 10:00:00 h postfix/smtpd[7]: connect"), "6|-1728000|h|postfix/smtpd|7|connect");
  EXPECT_EQ(Parse("<13>Nov 22 10:00:00 fe80::1 sudo:   alice : TTY=pts/0"), "5|0|fe80::1|sudo||  alice : TTY=pts/0");
}

TEST_F(SyslogMessageTest, OfTheOldFormMayLackItsHost) {
  EXPECT_EQ(Parse("<30>Nov 22 10:00:00 3f2a1b[812]: {\"level\":\"log\"}\n"), "6|0||3f2a1b|812|{\"level\":\"log\"}")
      << "Docker, libc, busybox";
  EXPECT_EQ(Parse("<30>Nov 22 10:00:00 kernel: oops"), "6|0||kernel||oops");
}

TEST_F(SyslogMessageTest, OfTheOldFormMayHaveAnIsoTimeAndASpaceBeforeIt) {
  EXPECT_EQ(Parse("<30>2026-11-22T10:00:00.123456+00:00 host app[1]: text"), "6|0|host|app|1|text") << "rsyslog";
  EXPECT_EQ(Parse("<30> 2026-11-22T10:00:02Z host img/name/3f2a[812]: text"), "6|2|host|img/name/3f2a|812|text") << "Docker";
}

TEST_F(SyslogMessageTest, OfNetworkDevicesAreUnderstood) {
  EXPECT_EQ(Parse("<189>123: *Nov 22 10:00:00.123: %SYS-5-CONFIG_I: Configured from console"),
            "5|0||%SYS-5-CONFIG_I||Configured from console");
  EXPECT_EQ(Parse("<189>45: router1: .Nov 22 10:00:00.123 UTC: %LINK-3-UPDOWN: down"), "5|0|router1|%LINK-3-UPDOWN||down");
  EXPECT_EQ(Parse("<166>Nov 22 2026 10:00:00: %ASA-6-302013: Built"), "6|0||%ASA-6-302013||Built");
}

TEST_F(SyslogMessageTest, WhatIsNoTagStaysInTheText) {
  EXPECT_EQ(Parse("<13>Nov 22 10:00:00 host last message repeated 3 times"), "5|0||||host last message repeated 3 times");
  EXPECT_EQ(Parse("<134>Nov 22 10:00:00 fw CEF:0|Vendor|Product"), "6|0||||fw CEF:0|Vendor|Product");
  EXPECT_EQ(Parse("<13>http://example.com/a is down"), "5|-||||http://example.com/a is down");
  EXPECT_EQ(Parse("<13>app: Nov 22 10:00:00 text"), "5|-||app||Nov 22 10:00:00 text");
  EXPECT_EQ(Parse("<13>2026-11-22 10:00:00 ERROR a: b"), "5|-||||2026-11-22 10:00:00 ERROR a: b");
  EXPECT_EQ(Parse("<13>" + std::string(65, 'a') + ": text"), "5|-||||" + std::string(65, 'a') + ": text");
}

TEST_F(SyslogMessageTest, WithoutATimeMayHaveATag) {
  EXPECT_EQ(Parse("<11>app[12]: text"), "3|-||app|12|text");
  EXPECT_EQ(Parse("<11>{\"level\":\"warn\",\"message\":\"a: b\"}"), "3|-||||{\"level\":\"warn\",\"message\":\"a: b\"}");
  EXPECT_EQ(Parse("<11>1 apple"), "3|-||||1 apple") << "no version";
}

TEST_F(SyslogMessageTest, WithoutAPriorityIsATextThatIsCounted) {
  EXPECT_EQ(Parse("app: text"), "!-|-||||app: text");
  EXPECT_EQ(Parse("{\"level\":\"warn\"}"), "!-|-||||{\"level\":\"warn\"}");
  EXPECT_EQ(Parse("Nov 22 10:00:00 host app[1]: text"), "!-|0|host|app|1|text");
  for (const std::string_view wrong : {"<192>a", "<>a", "<a>b", "<1234>a", "<13", "<", "<-1>a"}) {
    EXPECT_EQ(Parse(wrong), "!-|-||||" + std::string(wrong));
  }
}

TEST_F(SyslogMessageTest, LosesItsLineEndsAndZeroBytes) {
  EXPECT_EQ(Parse(std::string_view("<13>text\r\n\0", 11)), "5|-||||text");
  EXPECT_EQ(Parse("\n"), "!-|-||||");
  EXPECT_EQ(Parse(""), "!-|-||||");
}

TEST_F(SyslogMessageTest, HasOneOfSixLevels) {
  std::string levels;
  for (uint8_t severity = 0; severity < 8; ++severity) levels.append(SyslogLevel(severity)).append(" ");
  EXPECT_EQ(levels, "fatal fatal fatal error warn log log debug ");
}

// ---- Time ----

TEST_F(SyslogMessageTest, TimesOfTheOldFormAreLocal) {
  InZone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(Bsd("Nov 22 11:00:00"), kNow);
  EXPECT_EQ(Bsd("Nov 22 10:00:00 UTC"), kNow);
  EXPECT_EQ(Iso("2026-11-22T11:00:00"), kNow);
  EXPECT_EQ(Bsd("Jul 01 12:00:00 2026"), 1782900000 * kSecond) << "summer time";
}

TEST_F(SyslogMessageTest, AYearThatIsNotSaidIsTheNearest) {
  constexpr int64_t kNewYear = 1798761600 * kSecond;  // 2027-01-01T00:00:00Z
  EXPECT_EQ(Bsd("Dec 31 23:59:59", kNewYear + 5 * kSecond), kNewYear - kSecond);
  EXPECT_EQ(Bsd("Jan  1 00:00:05", kNewYear - 5 * kSecond), kNewYear + 5 * kSecond);
  EXPECT_EQ(Bsd("Feb 29 00:00:00"), std::nullopt) << "neither 2025 nor 2026 nor 2027 has one";
  EXPECT_EQ(Bsd("Feb 29 00:00:00", kNewYear), 1835395200 * kSecond) << "2028";
}

TEST_F(SyslogMessageTest, TimesAreReadToTheNanosecondAndWithALeapSecond) {
  EXPECT_EQ(Iso("2026-11-22T10:00:00.1Z"), kNow + kSecond / 10);
  EXPECT_EQ(Iso("2026-11-22T10:00:00.1234567899Z"), kNow + 123456789);
  EXPECT_EQ(Iso("2026-11-22T09:59:60Z"), kNow);
  EXPECT_EQ(Iso("2026-11-22t04:30:00-0530z"), std::nullopt);
  EXPECT_EQ(Iso("2026-11-22T04:30:00-0530"), kNow);
}

TEST_F(SyslogMessageTest, WhatIsNoTimeIsNone) {
  for (const std::string_view wrong :
       {"2026-11-31T10:00:00Z", "2026-02-29T10:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22",
        "2026-11-22T10:00:00Zx", "2026-11-22T10:00:00+1", "9999-11-22T10:00:00Z", "2026-11-22T10:00"}) {
    EXPECT_EQ(Iso(wrong), std::nullopt) << wrong;
  }
  for (const std::string_view wrong :
       {"Now 22 10:00:00", "Nov 32 10:00:00", "Nov 22 10:00", "Nov 22 1:00:00", "Nov", "", "Nov 22 10:00:00 PST"}) {
    EXPECT_EQ(Bsd(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace logmill
