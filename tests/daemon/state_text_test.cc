#include "daemon/state_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/checkpoint/sample_checkpoint.h"

namespace logmill {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StateText, ShowsEverything) {
  const std::string text = StateText({.name = "checkpoint", .bytes = 512, .content = SampleCheckpoint(17)});
  EXPECT_EQ(text,
            "checkpoint \"checkpoint\"\n"
            "  format 1, generation 17, 512 bytes\n"
            "  written 2026-11-22T09:04:35.310Z by logmill \"0.2.0\"\n"
            "positions: 3\n"
            "  \"gallery\" file \"/var/log/gallery/app.log\"\n"
            "      device:inode 2049:18446744073709551615, size 6000, read 5000, offset 4990, pending 16 bytes\n"
            "  \"gallery\" file \"/var/log/gallery/app.log\"\n"
            "      device:inode 0:0, size 0, read 0, offset 0, pending 0 bytes, moved, finished\n"
            "  \"journal\" cursor \"s=1;i=2\"\n"
            "      offset 77, pending 0 bytes, in the middle of a line\n"
            "metrics: 4, series: 7\n"
            "  counter \"messages_total\" 0123456789abcdef: 4 series, 11 writes, sum -18446744073709551616\n"
            "  gauge \"queue\" 0000000000000002: 2 series, 2 writes\n"
            "  histogram \"duration_ms\" ffffffffffffffff: 1 series, 4 observations, sum 4.9e-322\n"
            "  counter \"never_total\" 0000000000000000: 0 series, 0 writes, sum 0\n"
            "counts: 2\n"
            "  \"source/gallery/lines_read\" 12345\n"
            "  \"\" 18446744073709551615\n");
}

TEST(StateText, NothingReachesTheTerminalButText) {
  Checkpoint checkpoint;
  checkpoint.positions.resize(2);
  checkpoint.positions[0].source = "a\x1b[2J";
  checkpoint.positions[0].file.path = "/x\n  counts: 9\r\xff";
  checkpoint.positions[1].source =
      "\xc2\x9b"
      "31m";
  checkpoint.positions[1].cursor = std::string("\0", 1);
  const std::string text = StateText({.name = "checkpoint", .content = checkpoint});
  EXPECT_THAT(text, HasSubstr("  \"a\\x1b[2J\" file \"/x\\x0a  counts: 9\\x0d\\xff\"\n"));
  EXPECT_THAT(text, HasSubstr("  \"\\xc2\\x9b31m\" cursor \"\\x00\"\n"));
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7F)) << static_cast<int>(c);
}

TEST(StateText, ReadableTextStaysReadable) {
  EXPECT_EQ(Printable("Grüße, 世界 🎉"), "\"Grüße, 世界 🎉\"");
  EXPECT_EQ(Printable("a\"b\\"), R"("a\"b\\")");
  EXPECT_EQ(Printable("\xe2\x80\xae"
                      "gpj.exe"),
            R"("\xe2\x80\xaegpj.exe")")
      << "a mark that turns the text round";
}

TEST(StateText, AnyTimeHasAText) {
  for (const int64_t ms : {int64_t{-1}, int64_t{0}, INT64_MIN, INT64_MAX}) {
    EXPECT_THAT(StateText({.name = "x", .content = Checkpoint{.written_ms = ms}}), HasSubstr("written "));
  }
  EXPECT_THAT(StateText({.name = "x", .content = Checkpoint{.written_ms = -1}}), HasSubstr("1969-12-31T23:59:59.999Z"));
}

}  // namespace
}  // namespace logmill
