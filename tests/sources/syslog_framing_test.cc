#include "sources/syslog_framing.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Messages of a stream that comes in pieces of `piece` bytes; "~" stands behind one that was cut, "!" behind one that was broken off.
std::vector<std::string> Split(std::string_view stream, size_t piece, size_t most = 100, bool ended = true) {
  std::vector<std::string> messages;
  SyslogFraming framing(most);
  std::string waiting;
  for (size_t at = 0; at <= stream.size(); at += piece) {
    waiting += stream.substr(at, piece);
    std::string_view rest = waiting;
    const bool last = ended && at + piece > stream.size();
    while (const auto frame = framing.Next(&rest, last)) {
      messages.push_back(std::string(frame->message) + (frame->cut ? "~" : "") + (frame->broken ? "!" : ""));
    }
    waiting = rest;
    EXPECT_LE(waiting.size(), most + 12) << "more than it may keep";
  }
  return messages;
}

class SyslogFramingTest : public testing::TestWithParam<size_t> {
 protected:
  static std::vector<std::string> InPieces(std::string_view stream, size_t most = 100, bool ended = true) {
    return Split(stream, GetParam(), most, ended);
  }
};

TEST_P(SyslogFramingTest, TakesLinesAndCountedMessagesInOneStream) {
  EXPECT_THAT(InPieces("<1>a\n5 <2>b\n<3>c\r\n7 <4>\nd\ne<5>f\n"), ElementsAre("<1>a", "<2>b\n", "<3>c\r", "<4>\nd\ne", "<5>f"));
}

TEST_P(SyslogFramingTest, EndsLinesAtZeroBytesToo) {
  EXPECT_THAT(InPieces(std::string_view("<1>a\0<2>b\n\0\0\n<3>c\0", 18)), ElementsAre("<1>a", "<2>b", "<3>c"));
}

TEST_P(SyslogFramingTest, TakesLinesThatBeginWithANumberAsLines) {
  EXPECT_THAT(InPieces("12 apples\n3 <b\n42\n2026-11-22 x\n0 <a\n1234567890 <a\n7 "),
              ElementsAre("12 apples", "<b\n", "42", "2026-11-22 x", "0 <a", "1234567890 <a", "7 "));
}

TEST_P(SyslogFramingTest, KeepsTheSpacesOfALine) { EXPECT_THAT(InPieces("  at f (a.js:1)\n"), ElementsAre("  at f (a.js:1)")); }

TEST_P(SyslogFramingTest, CutsWhatIsTooLongAndSkipsItsRest) {
  EXPECT_THAT(InPieces("<1>45678901\n<2>b\n", 10), ElementsAre("<1>4567890~", "<2>b"));
  EXPECT_THAT(InPieces("<1>4567890\n<2>b\n", 10), ElementsAre("<1>4567890", "<2>b"));
  EXPECT_THAT(InPieces("12 <1>456789012<2>b\n", 10), ElementsAre("<1>4567890~", "<2>b"));
  EXPECT_THAT(InPieces("999999999 <1>456789012<2>b\n", 10), ElementsAre("<1>4567890~"));
}

TEST_P(SyslogFramingTest, GivesWhatIsLeftWhenTheStreamEnds) {
  EXPECT_THAT(InPieces("<1>a\n<2>b"), ElementsAre("<1>a", "<2>b"));
  EXPECT_THAT(InPieces("20 <1>half"), ElementsAre("<1>half!"));
  EXPECT_THAT(InPieces("<1>a\n<2>b", 100, false), ElementsAre("<1>a")) << "it may go on";
  EXPECT_THAT(InPieces("\n\r\n"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(InPiecesOf, SyslogFramingTest, testing::Values(1, 2, 3, 7, 1000), testing::PrintToStringParamName());

TEST(SyslogFramingCopyTest, GoesOnFromWhereTheOriginalStood) {
  std::string_view stream = "<1>45678901";
  SyslogFraming framing(10);
  const SyslogFraming before = framing;
  const auto first = framing.Next(&stream, false);
  SyslogFraming again = before;
  std::string_view same = "<1>45678901";
  EXPECT_EQ(again.Next(&same, false)->message, first->message);
  EXPECT_EQ(same, stream);
}

}  // namespace
}  // namespace logmill
