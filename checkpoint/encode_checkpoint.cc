#include <bit>
#include <unordered_map>

#include "base/byte_writer.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_frame.h"

namespace logmill {
namespace {

using namespace checkpoint_frame;

// The texts are those of the checkpoint, which outlives this.
class SharedTexts {
 public:
  void Write(std::string_view text, ByteWriter& out) {
    if (text.size() > kSharedBytes) return WriteNew(text, out);
    const auto [known, added] = numbers_.try_emplace(text, numbers_.size() + 1);
    if (added) return WriteNew(text, out);
    out.Varint(known->second);
  }

 private:
  static void WriteNew(std::string_view text, ByteWriter& out) {
    out.Varint(0);
    out.Text(text);
  }

  std::unordered_map<std::string_view, uint64_t> numbers_;
};

unsigned SumFlags(const SeriesState& series) {
  if (series.sum == decltype(series.sum){0, series.writes, 0, 0}) return kSumIsWrites;
  unsigned flags = 0;
  for (size_t i = 0; i < series.sum.size(); ++i) flags |= series.sum[i] != 0 ? 1u << i : 0;
  return flags;
}

void WriteSum(const SeriesState& series, unsigned flags, ByteWriter& out) {
  if ((flags & 1) != 0) out.Fixed64(series.sum[0]);
  if ((flags & 2) != 0) out.Varint(series.sum[1]);
  if ((flags & 4) != 0) out.Signed(static_cast<int64_t>(series.sum[2]));
  if ((flags & 8) != 0) out.Fixed64(series.sum[3]);
}

void WriteNumbers(MetricType type, const SeriesState& series, unsigned flags, ByteWriter& out) {
  out.Varint(series.writes);
  if (type != MetricType::kGauge) {
    WriteSum(series, flags, out);
  } else if (series.writes > 0) {
    out.Varint(series.stamp);
    out.Fixed64(series.last);
  }
  for (const uint64_t bucket : series.buckets) out.Varint(bucket);
}

void WriteFamily(const FamilyState& family, SharedTexts& texts, ByteWriter& out) {
  out.Text(family.name);
  out.Byte(static_cast<uint8_t>(family.type));
  out.Varint(family.label_names.size());
  for (const std::string& name : family.label_names) out.Text(name);
  out.Varint(family.buckets.size());
  for (const double bound : family.buckets) out.Fixed64(std::bit_cast<uint64_t>(bound));
  out.Fixed64(family.fingerprint);
  out.Varint(family.series.size());
  uint64_t created = 0;
  for (const SeriesState& series : family.series) {
    const unsigned flags = family.type == MetricType::kGauge ? 0 : SumFlags(series);
    out.Byte(static_cast<uint8_t>(flags));
    for (const std::string& label : series.labels) texts.Write(label, out);
    out.Signed(static_cast<int64_t>(static_cast<uint64_t>(series.created_ms) - created));
    created = static_cast<uint64_t>(series.created_ms);
    WriteNumbers(family.type, series, flags, out);
  }
}

bool HasSeen(const FilePosition& file) { return file.seen_ns != 0 || !file.milestones.empty(); }

void WritePosition(const Position& position, ByteWriter& out) {
  const FilePosition& file = position.file;
  out.Text(position.source);
  out.Text(file.path);
  out.Varint(file.id.device);
  out.Varint(file.id.inode);
  out.Signed(file.id.born_ns);
  out.Varint(file.read);
  out.Fixed64(file.head_hash);
  out.Varint(file.head_bytes);
  out.Text(file.tail);
  out.Varint(file.size);
  out.Signed(file.modified_ns);
  out.Byte(static_cast<uint8_t>((file.moved ? kMoved : 0) | (file.finished ? kFinished : 0) | (position.mid_line ? kMidLine : 0) |
                                (position.origin != 0 ? kHasOrigin : 0) | (HasSeen(file) ? kHasSeen : 0)));
  out.Text(position.cursor);
  out.Varint(position.offset);
  out.Text(position.pending);
  if (position.origin != 0) out.Fixed64(position.origin);
  if (!HasSeen(file)) return;
  out.Signed(file.seen_ns);
  out.Text(file.milestones);
}

void WriteContent(const Checkpoint& checkpoint, ByteWriter& out) {
  out.Text(checkpoint.version);
  out.Varint(checkpoint.counts.size());
  for (const auto& [key, value] : checkpoint.counts) {
    out.Text(key);
    out.Varint(value);
  }
  out.Varint(checkpoint.positions.size());
  for (const Position& position : checkpoint.positions) WritePosition(position, out);
  out.Varint(checkpoint.series.families.size());
  SharedTexts texts;
  for (const FamilyState& family : checkpoint.series.families) WriteFamily(family, texts, out);
}

}  // namespace

std::string EncodeCheckpoint(const Checkpoint& checkpoint) {
  std::string bytes(kMagic);
  ByteWriter out(bytes);
  out.Fixed32(kCheckpointFormat);
  out.Fixed32(0);
  out.Fixed64(0);  // the checksum's place
  out.Fixed64(checkpoint.generation);
  out.Fixed64(static_cast<uint64_t>(checkpoint.written_ms));
  WriteContent(checkpoint, out);

  std::string checksum;
  ByteWriter(checksum).Fixed64(CheckpointChecksum(bytes));
  return bytes.replace(kChecksumAt, checksum.size(), checksum);
}

std::string_view CheckpointContent(std::string_view bytes) { return bytes.substr(kContentAt); }

}  // namespace logmill
