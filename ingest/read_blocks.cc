#include "ingest/read_blocks.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <new>
#include <vector>

#include "base/mutex.h"

namespace logmill {

class ReadBlocks::Free {
 public:
  Free() { blocks_.reserve(kMostFree); }
  ~Free() {
    for (const Block& block : blocks_) std::free(block.place);
  }
  Free(const Free&) = delete;
  Free& operator=(const Free&) = delete;

  // Null when there is none.
  char* Take(size_t bytes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(), [bytes](const Block& block) { return block.bytes == bytes; });
    if (found == blocks_.rend()) return nullptr;
    char* const place = found->place;
    blocks_.erase(std::prev(found.base()));
    return place;
  }

  void GiveBack(char* place, size_t bytes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (blocks_.size() == kMostFree) {
      std::free(blocks_.front().place);
      blocks_.erase(blocks_.begin());
    }
    blocks_.push_back({place, bytes});
  }

 private:
  struct Block {
    char* place;
    size_t bytes;
  };

  Mutex mutex_;
  std::vector<Block> blocks_ GUARDED_BY(mutex_);  // oldest first
};

ReadBlocks::ReadBlocks() : free_(std::make_shared<Free>()) {}

std::shared_ptr<char[]> ReadBlocks::Take(size_t bytes) {
  char* place = free_->Take(bytes);
  if (place == nullptr) place = static_cast<char*>(std::aligned_alloc(kPage, bytes));
  if (place == nullptr) throw std::bad_alloc();
  return {place, [free = free_, bytes](char* given_up) { free->GiveBack(given_up, bytes); }};
}

}  // namespace logmill
