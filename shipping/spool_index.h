// Which segments there are, and what is known about them without reading them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace logmill {

// Sequence numbers `first` to `next` - 1; some of them may be missing. All of them stand before `bytes`.
struct SpoolSegment {
  uint64_t id = 0;  // of no other segment in the life of this index
  uint64_t first = 0;
  uint64_t next = 0;
  uint64_t bytes = 0;
  uint64_t synced_bytes = 0;  // of them, are surely on the disk
  int64_t newest_ms = 0;      // no record was read later; Unix time

  [[nodiscard]] bool empty() const { return first == next; }
};

// Of ascending sequence numbers, without overlaps; gaps are records that were lost. One thread at a time.
class SpoolIndex {
 public:
  // Behind all others; gets an id. Replaces the last one if that is empty and begins at the same number.
  SpoolSegment& Append(SpoolSegment segment);
  void PopFront() { segments_.pop_front(); }
  void PopBack() { segments_.pop_back(); }
  void Clear() { segments_.clear(); }

  [[nodiscard]] bool empty() const { return segments_.empty(); }
  [[nodiscard]] size_t size() const { return segments_.size(); }
  [[nodiscard]] const SpoolSegment& front() const { return segments_.front(); }
  [[nodiscard]] SpoolSegment& back() { return segments_.back(); }
  [[nodiscard]] const SpoolSegment& back() const { return segments_.back(); }

  // The one with `sequence` in it, or else the first one behind; nothing when there is neither. Never an empty one.
  [[nodiscard]] std::optional<SpoolSegment> At(uint64_t sequence) const;
  // The first one of an id above `id` that has bytes that are not synced.
  [[nodiscard]] std::optional<SpoolSegment> Unsynced(uint64_t id) const;
  void MarkSynced(uint64_t id, uint64_t bytes);

  // As Spool says. `next`: of the record to come.
  [[nodiscard]] uint64_t FirstSequence(uint64_t next) const;
  [[nodiscard]] uint64_t Bytes() const;
  [[nodiscard]] uint64_t BytesFrom(uint64_t sequence) const;
  [[nodiscard]] uint64_t SequenceWithin(uint64_t bytes, uint64_t next) const;
  [[nodiscard]] uint64_t SequenceSince(int64_t read_ms, uint64_t next) const;

 private:
  std::deque<SpoolSegment> segments_;
  uint64_t last_id_ = 0;
};

}  // namespace logmill
