// Reads a Feed as a worker does, and waits for what has to come.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sources/feed.h"

namespace logmill::testing {

// Owns the feed of one life of a receiver.
class FeedReader {
 public:
  explicit FeedReader(std::string cursor = {}, size_t most_bytes = size_t{4} << 20)
      : feed_({.name = "test", .most_bytes = most_bytes, .wake = [this] { Wake(); }, .cursor = std::move(cursor)}) {}

  [[nodiscard]] Feed& feed() { return feed_; }

  // Reads until there are `count` lines in all, or for a very long time.
  const std::vector<std::string>& Lines(size_t count) {
    Until([&] { return lines_.size() >= count; });
    return lines_;
  }
  // Reads until there were `count` errors in all.
  const std::vector<std::string>& Errors(size_t count) {
    Until([&] { return errors_.size() >= count; });
    return errors_;
  }
  void AwaitCaughtUp() {
    Until([&] { return feed_.caught_up(); });
    ReadAll();
  }
  // What can be read without waiting.
  const std::vector<std::string>& ReadAll() {
    while (ReadSome()) {
    }
    return lines_;
  }
  // Where another life goes on after the first `count` lines.
  [[nodiscard]] const std::string& CursorAfter(size_t count) const { return cursors_[count]; }
  // Where it goes on after all that was read.
  std::string Cursor() { return feed_.CursorAt(settled_); }

 private:
  template <class Condition>
  void Until(Condition condition) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < patience) {
      if (ReadSome()) continue;
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, patience, [this] { return woken_; });
      woken_ = false;
    }
  }

  // The smallest reads there are, so that a cursor can be asked for at each line.
  bool ReadSome() {
    char byte[1];
    const ReadResult result = feed_.Read(byte);
    if (result.status == ReadResult::Status::kError) errors_.push_back(result.error);
    if (result.bytes == 1 && byte[0] == '\n') TakeLine();
    if (result.bytes == 1 && byte[0] != '\n') line_ += byte[0];
    return result.status != ReadResult::Status::kIdle;
  }

  void TakeLine() {
    settled_ += line_.size() + 1;
    lines_.push_back(std::exchange(line_, {}));
    if (cursors_.size() < kMostCursors) cursors_.push_back(feed_.CursorAt(settled_));
  }

  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  static constexpr size_t kMostCursors = 100;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::string line_;
  std::vector<std::string> lines_;
  std::vector<std::string> errors_;
  Feed feed_;
  uint64_t settled_ = 0;
  std::vector<std::string> cursors_{feed_.CursorAt(0)};  // by lines
};

}  // namespace logmill::testing
