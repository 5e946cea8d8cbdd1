#include "checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/byte_writer.h"
#include "checkpoint/checkpoint_frame.h"
#include "tests/checkpoint/sample_checkpoint.h"

namespace logmill {
namespace {

using testing::HasSubstr;

void ExpectSame(const Position& a, const Position& b) {
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.file.path, b.file.path);
  EXPECT_EQ(a.file.id, b.file.id);
  EXPECT_EQ(a.file.read, b.file.read);
  EXPECT_EQ(a.file.head_hash, b.file.head_hash);
  EXPECT_EQ(a.file.head_bytes, b.file.head_bytes);
  EXPECT_EQ(a.file.tail, b.file.tail);
  EXPECT_EQ(a.file.size, b.file.size);
  EXPECT_EQ(a.file.modified_ns, b.file.modified_ns);
  EXPECT_EQ(a.file.seen_ns, b.file.seen_ns);
  EXPECT_EQ(a.file.milestones, b.file.milestones);
  EXPECT_EQ(a.file.moved, b.file.moved);
  EXPECT_EQ(a.file.finished, b.file.finished);
  EXPECT_EQ(a.cursor, b.cursor);
  EXPECT_EQ(a.offset, b.offset);
  EXPECT_EQ(a.mid_line, b.mid_line);
  EXPECT_EQ(a.pending, b.pending);
}

// Makes the checksum right for changed bytes.
std::string Sealed(std::string bytes) {
  std::string checksum;
  ByteWriter(checksum).Fixed64(checkpoint_frame::CheckpointChecksum(bytes));
  return bytes.replace(checkpoint_frame::kChecksumAt, checksum.size(), checksum);
}

// A checkpoint whose content is these bytes.
std::string WithContent(std::string_view content) {
  std::string bytes = EncodeCheckpoint({}).substr(0, checkpoint_frame::kContentAt);
  return Sealed(bytes.append(content));
}

TEST(CheckpointFormat, HoldsEverything) {
  const Checkpoint before = SampleCheckpoint(42);
  const auto after = DecodeCheckpoint(EncodeCheckpoint(before));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->generation, 42u);
  EXPECT_EQ(after->written_ms, before.written_ms);
  EXPECT_EQ(after->version, before.version);
  EXPECT_EQ(after->counts, before.counts);
  EXPECT_EQ(after->series, before.series);
  ASSERT_EQ(after->positions.size(), before.positions.size());
  for (size_t i = 0; i < before.positions.size(); ++i) ExpectSame(after->positions[i], before.positions[i]);
}

TEST(CheckpointFormat, IsTheOneThatEarlierVersionsWrote) {
  Checkpoint checkpoint{.generation = 3, .written_ms = 258, .version = "1"};
  checkpoint.counts = {{"k", 300}};
  checkpoint.positions.resize(1);
  checkpoint.positions[0].source = "s";
  checkpoint.positions[0].file.path = "/p";
  checkpoint.positions[0].offset = 9;
  checkpoint.series.families = {{.name = "m", .label_names = {"l"}, .fingerprint = 1}};
  checkpoint.series.families[0].series = {{.labels = {"a"}, .created_ms = 2, .writes = 5, .sum = {0, 5, 0, 0}},
                                          {.labels = {"a"}, .created_ms = 1, .writes = 1, .sum = {0, 2, 0, 0}}};
  std::string expected("LOGMILLC\x01\0\0\0\0\0\0\0", 16);
  expected += std::string("\0\0\0\0\0\0\0\0", 8);  // sealed below
  expected += std::string("\x03\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0", 16);
  expected += std::string(
      "\x01"
      "1\x01\x01k\xAC\x02",
      7);
  expected += std::string("\x01\x01s\x02/p\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0", 26);
  expected += std::string("\x01\x01m\0\x01\x01l\0\x01\0\0\0\0\0\0\0\x02", 17);
  expected += std::string(
      "\x10\0\x01"
      "a\x04\x05",
      6);
  expected += std::string("\x02\x01\x01\x01\x02", 5);
  EXPECT_EQ(EncodeCheckpoint(checkpoint), Sealed(expected));
}

TEST(CheckpointFormat, ContentSaysWhetherAnythingChanged) {
  Checkpoint checkpoint = SampleCheckpoint(1);
  const std::string first = EncodeCheckpoint(checkpoint);
  checkpoint.generation = 2;
  checkpoint.written_ms += 5000;
  const std::string second = EncodeCheckpoint(checkpoint);
  EXPECT_NE(first, second);
  EXPECT_EQ(CheckpointContent(first), CheckpointContent(second));
  ++checkpoint.series.families[0].series[0].writes;
  EXPECT_NE(CheckpointContent(EncodeCheckpoint(checkpoint)), CheckpointContent(first));
}

TEST(CheckpointFormat, ASeriesTakesSomeDozenBytes) {
  Checkpoint checkpoint;
  checkpoint.series.families = {{.name = "messages_total", .label_names = {"level", "context"}, .fingerprint = 1}};
  for (uint64_t i = 0; i < 100'000; ++i) {
    checkpoint.series.families[0].series.push_back({.labels = {i % 2 == 0 ? "log" : "error", "SomeService" + std::to_string(i)},
                                                    .created_ms = static_cast<int64_t>(1'795'338'000'000 + 13 * i),
                                                    .writes = i,
                                                    .sum = {0, i, 0, 0}});
  }
  const std::string bytes = EncodeCheckpoint(checkpoint);
  EXPECT_LT(bytes.size(), 100'000u * 40);
  EXPECT_EQ(DecodeCheckpoint(bytes)->series, checkpoint.series);
}

TEST(CheckpointDamage, EveryCutAndEveryChangedBitIsNoticed) {
  const std::string whole = EncodeCheckpoint(SampleCheckpoint());
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto cut = DecodeCheckpoint(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(cut) << size;
    ASSERT_EQ(cut.error().kind, CheckpointError::Kind::kDamaged) << size;
  }
  std::string bytes = whole;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    const auto changed = DecodeCheckpoint(bytes);
    ASSERT_FALSE(changed) << bit;
    ASSERT_EQ(changed.error().kind, CheckpointError::Kind::kDamaged) << "a damaged version is no newer version; bit " << bit;
    bytes[bit / 8] = whole[bit / 8];
  }
  EXPECT_FALSE(DecodeCheckpoint(whole + "x"));
}

TEST(CheckpointDamage, SaysWhatIsWrong) {
  EXPECT_EQ(DecodeCheckpoint("").error().message, "is empty");
  EXPECT_THAT(DecodeCheckpoint(std::string(100, '\0')).error().message, HasSubstr("no checkpoint"));
  EXPECT_THAT(DecodeCheckpoint("LOGMILLC\x01").error().message, HasSubstr("cut off after 9 bytes"));
  EXPECT_THAT(DecodeCheckpoint(EncodeCheckpoint({}) + "x").error().message, HasSubstr("checksum is wrong"));
  EXPECT_THAT(DecodeCheckpoint(WithContent("\xFF")).error().message, HasSubstr("makes no sense"));
}

TEST(CheckpointDamage, ANewerFormatIsNoDamage) {
  std::string bytes = EncodeCheckpoint(SampleCheckpoint());
  bytes[checkpoint_frame::kVersionAt] = 7;
  const auto newer = DecodeCheckpoint(Sealed(bytes));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, CheckpointError::Kind::kNewer);
  EXPECT_EQ(newer.error().message, "was written by a newer Logmill: its format is version 7, and this program knows up to 1");
  bytes[checkpoint_frame::kVersionAt] = 0;
  EXPECT_EQ(DecodeCheckpoint(Sealed(bytes)).error().kind, CheckpointError::Kind::kDamaged);
}

// A small file that would make a histogram of many buckets many times over.
TEST(CheckpointHostile, MemoryIsLinearInTheBytes) {
  std::string content;
  ByteWriter out(content);
  out.Text("");
  out.Varint(0);
  out.Varint(0);
  out.Varint(1);
  out.Text("h");
  out.Byte(2);
  out.Varint(0);
  out.Varint(1000);
  content.append(8000, '\0');
  out.Fixed64(1);
  out.Varint(5000);
  content.append(16'000, '\0');
  EXPECT_FALSE(DecodeCheckpoint(WithContent(content))) << "each series says 1001 buckets, and there are 16,000 bytes";

  for (const uint64_t count : {uint64_t{1} << 20, uint64_t{1} << 62, ~uint64_t{0}}) {
    std::string counts;
    ByteWriter(counts).Text("");
    ByteWriter(counts).Varint(count);
    EXPECT_FALSE(DecodeCheckpoint(WithContent(counts))) << count;
  }
}

TEST(CheckpointHostile, AnyContentWithARightChecksumIsSurvived) {
  const std::string whole = EncodeCheckpoint(SampleCheckpoint());
  std::mt19937 random(11);
  size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      const size_t at = checkpoint_frame::kCheckedAt + random() % (bytes.size() - checkpoint_frame::kCheckedAt);
      bytes[at] = static_cast<char>(random() % 3 == 0 ? 0xFF : random());
    }
    if (random() % 4 == 0) bytes.resize(checkpoint_frame::kContentAt + random() % (bytes.size() - checkpoint_frame::kContentAt));
    const auto decoded = DecodeCheckpoint(Sealed(bytes));
    if (!decoded) continue;
    ++accepted;
    const auto again = DecodeCheckpoint(EncodeCheckpoint(*decoded));
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->series.families.size(), decoded->series.families.size());
  }
  EXPECT_GT(accepted, 100u) << "most changes of a number are not noticed without the checksum";
}

}  // namespace
}  // namespace logmill
