#include "metrics/arena.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace logmill {
namespace {

constexpr size_t kLargestBlock = size_t{1} << 20;

}  // namespace

void* Arena::Allocate(size_t bytes) {
  const size_t whole = (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
  if (whole > left_) Grow(whole);
  left_ -= whole;
  return std::exchange(next_, next_ + whole);
}

void Arena::Grow(size_t at_least) {
  const size_t size = std::max(at_least, next_block_);
  next_block_ = std::min(next_block_ * 2, kLargestBlock);
  next_ = blocks_.emplace_back(new std::byte[size]).get();
  left_ = size;
  bytes_.store(bytes() + size, std::memory_order_relaxed);
}

}  // namespace logmill
