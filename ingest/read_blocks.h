// Memory to read into, where lines can stay while another thread looks at them.
#pragma once

#include <cstddef>
#include <memory>

namespace logmill {

// Blocks of one size. One that its last owner, on any thread, has given up is used again: the latest first, since caches may know it.
class ReadBlocks {
 public:
  static constexpr size_t kPage = 4096;
  static constexpr size_t kMostFree = 8;  // are kept for later

  // `bytes`: whole pages.
  explicit ReadBlocks(size_t bytes);
  // Begins on a page boundary. May outlive this object.
  [[nodiscard]] std::shared_ptr<char[]> Take();

 private:
  class Free;

  const size_t bytes_;
  const std::shared_ptr<Free> free_;
};

}  // namespace logmill
