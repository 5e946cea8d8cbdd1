#include "shipping/spool_batch.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/utf8.h"
#include "shipping/little_endian.h"
#include "shipping/spool_record.h"

namespace logmill {
namespace {

using namespace spool_format;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::array<std::string_view*, 6> TextsOf(ShipRecord& record) {
  return {&record.line, &record.level, &record.context, &record.message, &record.source, &record.stream};
}

bool TooLong(const ShipRecord& record) {
  return std::max({record.line.size(), record.level.size(), record.context.size(), record.message.size(), record.source.size(),
                   record.stream.size()}) > kMaxTextBytes;
}

constexpr uint64_t kHighBits = 0x8080808080808080;

uint64_t EightBytes(std::string_view text, size_t at) { return LoadLittle<uint64_t>(text.data() + at); }

bool HasHighBit(std::string_view text) {
  uint64_t seen = 0;
  size_t at = 0;
  for (; at + 32 <= text.size(); at += 32) {
    seen |= EightBytes(text, at) | EightBytes(text, at + 8) | EightBytes(text, at + 16) | EightBytes(text, at + 24);
  }
  for (; at + 8 <= text.size(); at += 8) seen |= EightBytes(text, at);
  for (; at < text.size(); ++at) seen |= static_cast<uint8_t>(text[at]);
  return (seen & kHighBits) != 0;
}

// As FindInvalidUtf8(), with longer steps where there is nothing but ASCII.
bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (at + 8 <= text.size() && (EightBytes(text, at) & kHighBits) == 0) {
      at += 8;
      continue;
    }
    const Utf8Sequence sequence = FirstUtf8Sequence(text.substr(at));
    if (!sequence.valid) return false;
    at += sequence.bytes;
  }
  return true;
}

bool IsAllUtf8(ShipRecord record) {
  return std::ranges::all_of(TextsOf(record), [](const std::string_view* text) { return IsUtf8(*text); });
}

// Valid UTF-8 of at most kMaxTextBytes.
std::string Mended(std::string_view text) {
  std::string mended;
  while (!text.empty()) {
    const Utf8Sequence first = FirstUtf8Sequence(text);
    const std::string_view character = first.valid ? text.substr(0, first.bytes) : kReplacement;
    if (mended.size() + character.size() > kMaxTextBytes) break;
    mended += character;
    text.remove_prefix(first.bytes);
  }
  return mended;
}

}  // namespace

void SpoolBatch::Add(const ShipRecord& record) {
  if (TooLong(record)) return AddMended(record);
  char* const frame = Room(kFrameBytes + MostSpoolRecordBytes(record));
  char* const payload = frame + kFrameBytes;
  const std::string_view texts = EncodeSpoolRecord(record, payload);
  if (HasHighBit(texts) && !IsAllUtf8(record)) return AddMended(record);
  const auto length = static_cast<size_t>(texts.data() + texts.size() - payload);
  StoreLittle<uint32_t>(frame, key_.marker());
  StoreLittle<uint32_t>(frame + kLengthAt, static_cast<uint32_t>(length));
  frames_.push_back({used_, key_.Hash({payload, length})});
  used_ += kFrameBytes + length;
  newest_read_ms_ = std::max(newest_read_ms_, record.read_ms);
}

void SpoolBatch::AddMended(ShipRecord record) {
  if (TooLong(record)) {
    record.cut = true;
    record.format = RecordFormat::kText;
  }
  const bool same = record.message.data() == record.line.data() && record.message.size() == record.line.size();
  std::array<std::string, 6> mended;
  const auto texts = TextsOf(record);
  for (size_t i = 0; i < texts.size(); ++i) *texts[i] = mended[i] = Mended(*texts[i]);
  if (same) record.message = record.line;
  Add(record);
}

void SpoolBatch::Clear() {
  used_ = 0;
  frames_.clear();
  newest_read_ms_ = std::numeric_limits<int64_t>::min();
}

char* SpoolBatch::Room(size_t bytes) {
  if (buffer_.size() - used_ < bytes) buffer_.resize(std::max(2 * buffer_.size(), used_ + bytes));
  return buffer_.data() + used_;
}

std::string_view SpoolBatch::Number(uint64_t first) {
  for (const Frame& numbered : frames_) {
    char* const frame = buffer_.data() + numbered.at;
    StoreLittle<uint64_t>(frame + kCheckAt, SpoolKey::Check(numbered.hash, LoadLittle<uint32_t>(frame + kLengthAt), first));
    StoreLittle<uint64_t>(frame + kSequenceAt, first++);
  }
  return {buffer_.data(), used_};
}

}  // namespace logmill
