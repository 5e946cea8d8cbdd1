// Memory for what lives as long as the store: taken in growing blocks, never given back piece by piece.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace logmill {

// Addresses are stable. For trivially destructible things; one thread at a time, except bytes().
class Arena {
 public:
  // Aligned for uint64_t.
  void* Allocate(size_t bytes);

  // Bytes taken from the system so far. Any thread.
  [[nodiscard]] size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void Grow(size_t at_least);

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
  size_t next_block_ = 1024;
  std::atomic<size_t> bytes_{0};
};

}  // namespace logmill
