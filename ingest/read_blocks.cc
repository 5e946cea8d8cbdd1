#include "ingest/read_blocks.h"

#include <cstdlib>
#include <new>
#include <vector>

#include "base/mutex.h"

namespace logmill {

class ReadBlocks::Free {
 public:
  Free() { blocks_.reserve(kMostFree); }
  ~Free() {
    for (char* const block : blocks_) std::free(block);
  }
  Free(const Free&) = delete;
  Free& operator=(const Free&) = delete;

  // Null when there is none.
  char* Take() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (blocks_.empty()) return nullptr;
    char* const block = blocks_.back();
    blocks_.pop_back();
    return block;
  }

  void GiveBack(char* block) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (blocks_.size() == kMostFree) return std::free(block);
    blocks_.push_back(block);
  }

 private:
  Mutex mutex_;
  std::vector<char*> blocks_ GUARDED_BY(mutex_);
};

ReadBlocks::ReadBlocks(size_t bytes) : bytes_(bytes), free_(std::make_shared<Free>()) {}

std::shared_ptr<char[]> ReadBlocks::Take() {
  char* block = free_->Take();
  if (block == nullptr) block = static_cast<char*>(std::aligned_alloc(kPage, bytes_));
  if (block == nullptr) throw std::bad_alloc();
  return {block, [free = free_](char* given_up) { free->GiveBack(given_up); }};
}

}  // namespace logmill
