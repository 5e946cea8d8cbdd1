#include "ingest/line_splitter.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace logmill {
namespace {

constexpr size_t kPage = ReadBlocks::kPage;
constexpr size_t kSmallTail = kPage;  // moving no more than this costs less than the read() itself

size_t WholePages(size_t bytes) { return (std::max<size_t>(bytes, 1) + kPage - 1) / kPage * kPage; }

size_t Distance(const char* from, const char* to) { return static_cast<size_t>(to - from); }

}  // namespace

LineSplitter::LineSplitter(Options options, uint64_t offset, ReadBlocks blocks)
    : keep_bytes_(options.max_line_bytes + 1),
      front_bytes_(WholePages(keep_bytes_)),
      size_(front_bytes_ + WholePages(options.read_bytes)),
      lent_bytes_(options.read_bytes / 4),
      blocks_(std::move(blocks)),
      block_(blocks_.Take(size_)) {
  Restart(offset);
}

void LineSplitter::Restart(uint64_t offset) {
  searched_ = begin_ = end_ = block_.get() + front_bytes_;
  discarded_ = fresh_ = 0;
  offset_ = offset;
}

std::span<char> LineSplitter::Room() {
  size_t tail = Distance(begin_, end_);
  if (tail > keep_bytes_) {
    discarded_ += tail - keep_bytes_;
    tail = keep_bytes_;
    end_ = begin_ + tail;
  }
  if (lent_) TakeAnotherBlock(tail);
  char* const limit = block_.get() + size_;
  const bool costly = tail > kSmallTail && tail > fresh_;
  if (!costly || Distance(end_, limit) < kPage) MoveTail(tail);
  searched_ = end_;
  return {end_, Distance(end_, limit)};
}

void LineSplitter::MoveTail(size_t tail) {
  char* const front = block_.get() + front_bytes_;
  if (end_ != front) std::memmove(front - tail, begin_, tail);
  begin_ = front - tail;
  end_ = front;
  fresh_ = 0;
}

void LineSplitter::TakeAnotherBlock(size_t tail) {
  const std::shared_ptr<char[]> lent = std::exchange(block_, blocks_.Take(size_));
  MoveTail(tail);
  lent_ = false;
}

LentBytes LineSplitter::Lend() {
  const size_t bytes = Distance(begin_, end_);
  if (fresh_ < lent_bytes_ || fresh_ < bytes / 2) return {};
  lent_ = true;
  return {.bytes = {begin_, bytes}, .owner = block_};
}

void LineSplitter::Advance(size_t bytes) {
  end_ += bytes;
  fresh_ += bytes;
}

bool LineSplitter::Next(Line* line) {
  const void* const found = std::memchr(searched_, '\n', Distance(searched_, end_));
  if (found == nullptr) {
    searched_ = end_;
    return false;
  }
  const char* const newline = static_cast<const char*>(found);
  const bool carriage_return = newline != begin_ && newline[-1] == '\r';
  Take(newline - (carriage_return ? 1 : 0), newline + 1, line);
  line->terminated = true;
  return true;
}

bool LineSplitter::Finish(Line* line) {
  if (begin_ == end_) return false;
  Take(end_, end_, line);
  line->terminated = false;
  return true;
}

void LineSplitter::Take(const char* text_end, const char* line_end, Line* line) {
  const size_t max_bytes = keep_bytes_ - 1;
  const size_t text = Distance(begin_, text_end);
  line->text = {begin_, std::min(text, max_bytes)};
  line->cut = text > max_bytes || discarded_ > 0;
  line->offset = offset_;
  line->size = Distance(begin_, line_end) + discarded_;
  offset_ += line->size;
  discarded_ = 0;
  begin_ += line_end - begin_;
  searched_ = begin_;
}

}  // namespace logmill
