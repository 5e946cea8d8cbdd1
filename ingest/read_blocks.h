// Memory to read into, where lines can stay while another thread looks at them.
#pragma once

#include <cstddef>
#include <memory>

namespace logmill {

// Blocks that are used again when their last owner, on any thread, has given them up. Copies share them.
class ReadBlocks {
 public:
  static constexpr size_t kPage = 4096;
  static constexpr size_t kMostFree = 8;  // are kept for later: of all sizes, those that were given up last

  ReadBlocks();
  // `bytes`: whole pages. Begins on a page boundary. A free one of this size, if there is any: the latest, since caches may know it. May
  // outlive this object.
  [[nodiscard]] std::shared_ptr<char[]> Take(size_t bytes);

 private:
  class Free;

  std::shared_ptr<Free> free_;
};

}  // namespace logmill
