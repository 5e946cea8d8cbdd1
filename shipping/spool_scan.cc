#include "shipping/spool_scan.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shipping/little_endian.h"

namespace logmill {
namespace {

using namespace spool_format;

constexpr size_t kLeastFrameBytes = kFrameBytes + kLeastPayloadBytes;
constexpr uint64_t kFirstStep = 4096;
constexpr uint64_t kLargestStep = uint64_t{1} << 20;

}  // namespace

SpoolScan::SpoolScan(SpoolCalls& calls, int file, const SpoolHeader& header)
    : calls_(calls), file_(file), key_(header.salt), next_sequence_(header.first), step_(kFirstStep) {
  StoreLittle<uint32_t>(marker_, key_.marker());
}

bool SpoolScan::Next(uint64_t end, uint64_t end_sequence) {
  const uint64_t from = at_;
  payload_ = {};
  while (at_ + kLeastFrameBytes <= end) {
    const uint64_t found_at = at_;
    if (TakeFrame(end, end_sequence)) {
      passed_over_ = found_at - from;
      return true;
    }
    PassOver(end);
  }
  at_ = std::max(at_, end);
  passed_over_ = at_ - from;
  return false;
}

bool SpoolScan::TakeFrame(uint64_t end, uint64_t end_sequence) {
  if (!Load(kFrameBytes, end)) return false;
  const char* frame = Buffered().data();
  const auto length = LoadLittle<uint32_t>(frame + kLengthAt);
  const auto sequence = LoadLittle<uint64_t>(frame + kSequenceAt);
  if (LoadLittle<uint32_t>(frame) != key_.marker() || length < kLeastPayloadBytes || length > kMaxPayloadBytes) return false;
  if (length > end - at_ - kFrameBytes || sequence < next_sequence_ || sequence >= end_sequence) return false;
  if (!Load(kFrameBytes + length, end)) return false;
  frame = Buffered().data();
  const std::string_view payload(frame + kFrameBytes, length);
  if (SpoolKey::Check(key_.Hash(payload), length, sequence) != LoadLittle<uint64_t>(frame + kCheckAt)) return false;
  payload_ = payload;
  sequence_ = sequence;
  next_sequence_ = sequence + 1;
  at_ += kFrameBytes + length;
  return true;
}

// To the next place where a frame may begin.
void SpoolScan::PassOver(uint64_t end) {
  const std::string_view buffered = Buffered();
  if (buffered.empty()) {  // cannot be read
    at_ = std::min(end, (at_ / step_ + 1) * step_);
    step_ = std::min(2 * step_, kLargestStep);
    return;
  }
  const size_t marker = buffered.find(std::string_view(marker_, kMarkerBytes), 1);
  if (marker != std::string_view::npos) {
    at_ += marker;
  } else {
    at_ += std::max<size_t>(buffered.size(), kMarkerBytes) - kMarkerBytes + 1;  // the last three may be the begin of one
  }
}

// Whether so many bytes from at_ on are in the buffer.
bool SpoolScan::Load(size_t count, uint64_t end) {
  if (Buffered().size() >= count) return true;
  const std::string_view kept = Buffered();
  const size_t wanted = std::min<uint64_t>(std::max(count, kBlockBytes), end - at_);
  if (wanted > capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(std::max(wanted, kBlockBytes));
    std::ranges::copy(kept, larger.get());
    buffer_ = std::move(larger);
    capacity_ = std::max(wanted, kBlockBytes);
  } else if (!kept.empty()) {
    std::memmove(buffer_.get(), kept.data(), kept.size());
  }
  filled_ = kept.size();
  base_ = at_;
  ReadUpTo(wanted);
  return filled_ >= count;
}

void SpoolScan::ReadUpTo(size_t filled) {
  while (filled_ < filled) {
    const ssize_t read = calls_.Read(file_, buffer_.get() + filled_, filled - filled_, base_ + filled_);
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) return;
    filled_ += static_cast<size_t>(read);
    step_ = kFirstStep;
  }
}

// From at_ on.
std::string_view SpoolScan::Buffered() const {
  if (at_ < base_ || at_ >= base_ + filled_) return {};
  const size_t begin = at_ - base_;
  return {buffer_.get() + begin, filled_ - begin};
}

}  // namespace logmill
