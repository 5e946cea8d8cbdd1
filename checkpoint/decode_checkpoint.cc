#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_frame.h"

namespace logmill {
namespace {

using namespace checkpoint_frame;

// The least that one of them takes.
constexpr size_t kCountBytes = 2;
constexpr size_t kPositionBytes = 22;
constexpr size_t kFamilyBytes = 13;
constexpr size_t kSeriesBytes = 3;

class SharedTexts {
 public:
  std::string_view Read(ByteReader& in) {
    const uint64_t number = in.Bounded(texts_.size());
    if (number > 0) return texts_[static_cast<size_t>(number - 1)];
    const std::string_view text = in.Text();
    if (in.ok() && text.size() <= kSharedBytes) texts_.push_back(text);
    return text;
  }

 private:
  std::vector<std::string_view> texts_;
};

void ReadSum(unsigned flags, ByteReader& in, SeriesState& series) {
  if (flags == kSumIsWrites) series.sum = {0, series.writes, 0, 0};
  if ((flags & 1) != 0) series.sum[0] = in.Fixed64();
  if ((flags & 2) != 0) series.sum[1] = in.Varint();
  if ((flags & 4) != 0) series.sum[2] = static_cast<uint64_t>(in.Signed());
  if ((flags & 8) != 0) series.sum[3] = in.Fixed64();
}

void ReadBuckets(size_t count, ByteReader& in, SeriesState& series) {
  if (count > in.left()) return in.Fail();
  series.buckets.resize(count);
  for (uint64_t& bucket : series.buckets) bucket = in.Varint();
}

void ReadNumbers(const FamilyState& family, unsigned flags, ByteReader& in, SeriesState& series) {
  series.writes = in.Varint();
  switch (family.type) {
    case MetricType::kCounter:
      return ReadSum(flags, in, series);
    case MetricType::kGauge:
      if (series.writes == 0) return;
      series.stamp = in.Bounded(std::numeric_limits<int64_t>::max());
      series.last = in.Fixed64();
      return;
    case MetricType::kHistogram:
      ReadSum(flags, in, series);
      return ReadBuckets(family.buckets.size() + 1, in, series);
  }
}

SeriesState ReadSeries(const FamilyState& family, int64_t born_before, SharedTexts& texts, ByteReader& in) {
  SeriesState series;
  const unsigned flags = in.Byte();
  if (flags > kSumIsWrites || (family.type == MetricType::kGauge && flags != 0)) in.Fail();
  series.labels.reserve(family.label_names.size());
  for (size_t i = 0; i < family.label_names.size() && in.ok(); ++i) series.labels.emplace_back(texts.Read(in));
  series.created_ms = static_cast<int64_t>(static_cast<uint64_t>(in.Signed()) + static_cast<uint64_t>(born_before));
  ReadNumbers(family, flags, in, series);
  return series;
}

FamilyState ReadFamily(SharedTexts& texts, ByteReader& in) {
  FamilyState family;
  family.name = in.Text();
  const uint8_t type = in.Byte();
  if (type > static_cast<uint8_t>(MetricType::kHistogram)) in.Fail();
  family.type = static_cast<MetricType>(type);
  for (size_t left = in.Count(1); left > 0; --left) family.label_names.emplace_back(in.Text());
  for (size_t left = in.Count(sizeof(uint64_t)); left > 0; --left) family.buckets.push_back(std::bit_cast<double>(in.Fixed64()));
  family.fingerprint = in.Fixed64();
  int64_t born = 0;
  for (size_t left = in.Count(kSeriesBytes + family.label_names.size()); left > 0 && in.ok(); --left) {
    family.series.push_back(ReadSeries(family, born, texts, in));
    born = family.series.back().created_ms;
  }
  return family;
}

Position ReadPosition(ByteReader& in) {
  Position position;
  FilePosition& file = position.file;
  position.source = in.Text();
  file.path = in.Text();
  file.id.device = in.Varint();
  file.id.inode = in.Varint();
  file.id.born_ns = in.Signed();
  file.read = in.Varint();
  file.head_hash = in.Fixed64();
  file.head_bytes = static_cast<uint32_t>(in.Bounded(std::numeric_limits<uint32_t>::max()));
  file.tail = in.Text();
  file.size = in.Varint();
  file.modified_ns = in.Signed();
  const unsigned flags = in.Byte();
  if ((flags & ~(kMoved | kFinished | kMidLine | kHasOrigin | kHasSeen)) != 0) in.Fail();
  file.moved = (flags & kMoved) != 0;
  file.finished = (flags & kFinished) != 0;
  position.mid_line = (flags & kMidLine) != 0;
  position.cursor = in.Text();
  position.offset = in.Varint();
  position.pending = in.Text();
  if ((flags & kHasOrigin) != 0) position.origin = in.Fixed64();
  if ((flags & kHasSeen) == 0) return position;
  file.seen_ns = in.Signed();
  file.milestones = in.Text();
  return position;
}

void ReadContent(ByteReader& in, Checkpoint& checkpoint) {
  checkpoint.version = in.Text();
  for (size_t left = in.Count(kCountBytes); left > 0 && in.ok(); --left) {
    std::string key(in.Text());
    checkpoint.counts.emplace_back(std::move(key), in.Varint());
  }
  for (size_t left = in.Count(kPositionBytes); left > 0 && in.ok(); --left) checkpoint.positions.push_back(ReadPosition(in));
  SharedTexts texts;
  for (size_t left = in.Count(kFamilyBytes); left > 0 && in.ok(); --left) checkpoint.series.families.push_back(ReadFamily(texts, in));
  if (in.left() > 0) in.Fail();
}

std::unexpected<CheckpointError> Damaged(std::string message) {
  return std::unexpected(CheckpointError{CheckpointError::Kind::kDamaged, std::move(message)});
}

std::unexpected<CheckpointError> Newer(uint32_t version) {
  return std::unexpected(CheckpointError{CheckpointError::Kind::kNewer, "was written by a newer Logmill: its format is version " +
                                                                            std::to_string(version) + ", and this program knows up to " +
                                                                            std::to_string(kCheckpointFormat)});
}

}  // namespace

std::expected<Checkpoint, CheckpointError> DecodeCheckpoint(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return Damaged(bytes.empty() ? "is empty" : "is no checkpoint: it does not begin like one");
  if (bytes.size() < kContentAt) return Damaged("is cut off after " + std::to_string(bytes.size()) + " bytes");
  const uint64_t checksum = ByteReader(bytes.substr(kChecksumAt)).Fixed64();
  if (checksum != CheckpointChecksum(bytes)) return Damaged("is damaged: its checksum is wrong");
  const uint32_t version = ByteReader(bytes.substr(kVersionAt)).Fixed32();
  if (version > kCheckpointFormat) return Newer(version);
  ByteReader in(bytes.substr(kCheckedAt));
  Checkpoint checkpoint;
  checkpoint.generation = in.Fixed64();
  checkpoint.written_ms = static_cast<int64_t>(in.Fixed64());
  ReadContent(in, checkpoint);
  if (version == 0 || !in.ok()) return Damaged("is damaged: its checksum is right, but its content makes no sense");
  return checkpoint;
}

}  // namespace logmill
