// Finds the frames of one segment, one after the other, and what is damaged between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "shipping/spool_calls.h"
#include "shipping/spool_format.h"
#include "shipping/spool_header.h"
#include "shipping/spool_key.h"

namespace logmill {

// One thread. Memory: a block of 256 KiB, or the longest record.
class SpoolScan {
 public:
  static constexpr size_t kBlockBytes = size_t{256} << 10;

  // Begins behind the header. `file` stays the caller's; both outlive it.
  SpoolScan(SpoolCalls& calls, int file, const SpoolHeader& header);

  // The next frame that ends at or before `end` (an offset; never less than before) and whose number is below `end_sequence`. False: there
  // is none; then everything up to `end` is passed over. Nothing behind `end` is looked at.
  bool Next(uint64_t end, uint64_t end_sequence);

  // Of the frame that Next() found; the payload is valid until the next call.
  [[nodiscard]] uint64_t sequence() const { return sequence_; }
  [[nodiscard]] std::string_view payload() const { return payload_; }
  // All of it.
  [[nodiscard]] std::string_view frame() const {
    return {payload_.data() - spool_format::kFrameBytes, payload_.size() + spool_format::kFrameBytes};
  }
  // Where what was read or passed over ends.
  [[nodiscard]] uint64_t offset() const { return at_; }
  // Bytes that the last call passed over before it found a frame, or the end.
  [[nodiscard]] uint64_t passed_over() const { return passed_over_; }

 private:
  bool TakeFrame(uint64_t end, uint64_t end_sequence);
  void PassOver(uint64_t end);
  bool Load(size_t count, uint64_t end);
  void ReadUpTo(size_t filled);
  [[nodiscard]] std::string_view Buffered() const;

  SpoolCalls& calls_;
  const int file_;
  const SpoolKey key_;
  char marker_[spool_format::kMarkerBytes];
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t filled_ = 0;  // of the buffer
  uint64_t base_ = 0;  // offset in the file of the buffer's first byte
  uint64_t at_ = spool_format::kHeaderBytes;
  uint64_t next_sequence_;
  uint64_t step_;  // over bytes that cannot be read: grows, so that a dead disk is not asked for each page
  uint64_t passed_over_ = 0;
  uint64_t sequence_ = 0;
  std::string_view payload_;
};

}  // namespace logmill
