#include "shipping/spool_index.h"

#include <algorithm>
#include <ranges>

namespace logmill {
namespace {

// The share of a segment's bytes that its records from `sequence` on have, as if all were equally long. Rounded up.
uint64_t BytesBehind(const SpoolSegment& segment, uint64_t sequence) {
  if (sequence <= segment.first) return segment.bytes;
  if (sequence >= segment.next) return 0;
  const double share = static_cast<double>(segment.next - sequence) / static_cast<double>(segment.next - segment.first);
  return std::min(segment.bytes, static_cast<uint64_t>(share * static_cast<double>(segment.bytes)) + 1);
}

}  // namespace

SpoolSegment& SpoolIndex::Append(SpoolSegment segment) {
  if (!segments_.empty() && segments_.back().empty() && segments_.back().first == segment.first) segments_.pop_back();
  segment.id = ++last_id_;
  return segments_.emplace_back(segment);
}

std::optional<SpoolSegment> SpoolIndex::At(uint64_t sequence) const {
  auto at = std::ranges::partition_point(segments_, [&](const SpoolSegment& segment) { return segment.next <= sequence; });
  at = std::find_if(at, segments_.end(), [](const SpoolSegment& segment) { return !segment.empty(); });
  return at == segments_.end() ? std::nullopt : std::optional(*at);
}

std::optional<SpoolSegment> SpoolIndex::Unsynced(uint64_t id) const {
  const auto at =
      std::ranges::find_if(segments_, [&](const SpoolSegment& segment) { return segment.id > id && segment.synced_bytes < segment.bytes; });
  return at == segments_.end() ? std::nullopt : std::optional(*at);
}

void SpoolIndex::MarkSynced(uint64_t id, uint64_t bytes) {
  for (SpoolSegment& segment : segments_) {
    if (segment.id == id) segment.synced_bytes = std::max(segment.synced_bytes, bytes);
  }
}

uint64_t SpoolIndex::FirstSequence(uint64_t next) const {
  const auto at = std::ranges::find_if(segments_, [](const SpoolSegment& segment) { return !segment.empty(); });
  return at == segments_.end() ? next : at->first;
}

uint64_t SpoolIndex::Bytes() const {
  uint64_t bytes = 0;
  for (const SpoolSegment& segment : segments_) bytes += segment.bytes;
  return bytes;
}

uint64_t SpoolIndex::BytesFrom(uint64_t sequence) const {
  uint64_t bytes = 0;
  for (const SpoolSegment& segment : segments_) {
    if (!segment.empty()) bytes += BytesBehind(segment, sequence);
  }
  return bytes;
}

uint64_t SpoolIndex::SequenceWithin(uint64_t bytes, uint64_t next) const {
  for (const SpoolSegment& segment : std::views::reverse(segments_)) {
    if (segment.empty()) continue;
    if (segment.bytes <= bytes) {
      bytes -= segment.bytes;
      next = segment.first;
      continue;
    }
    const double share = static_cast<double>(bytes) / static_cast<double>(segment.bytes);
    uint64_t kept = static_cast<uint64_t>(share * static_cast<double>(segment.next - segment.first));
    while (kept > 0 && BytesBehind(segment, segment.next - kept) > bytes) --kept;
    return kept > 0 ? segment.next - kept : next;
  }
  return next;
}

uint64_t SpoolIndex::SequenceSince(int64_t read_ms, uint64_t next) const {
  const auto at =
      std::ranges::find_if(segments_, [&](const SpoolSegment& segment) { return !segment.empty() && segment.newest_ms >= read_ms; });
  return at == segments_.end() ? next : at->first;
}

}  // namespace logmill
