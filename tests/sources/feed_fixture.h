// A test with a feed, its worker's side and a clock, for what fills a feed and cannot be replayed.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sources/feed.h"
#include "tests/support/fake_clock.h"

namespace logmill {

class FeedFixture : public ::testing::Test {
 protected:
  FeedFixture() { UseFeedOf(size_t{4} << 20); }

  void UseFeedOf(size_t bytes) {
    feed_ = std::make_unique<Feed>(Feed::Options{.name = "test", .most_bytes = bytes, .wake = [this] { Wake(); }, .replayable = false});
  }

  // What has come, once it is so many lines or more.
  std::vector<std::string> AwaitLines(size_t count) {
    std::vector<std::string> lines = Lines();
    while (lines.size() < count) {
      if (!AwaitWake()) {
        ADD_FAILURE() << "only " << lines.size() << " of " << count << " lines came";
        break;
      }
      ReadInto(lines);
    }
    return lines;
  }

  // What is there now.
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    ReadInto(lines);
    return lines;
  }

 private:
  void Wake() {
    const std::scoped_lock held(mutex_);
    woken_ = true;
    came_.notify_all();
  }

  bool AwaitWake() {
    std::unique_lock held(mutex_);
    return came_.wait_for(held, std::chrono::minutes(1), [this] { return std::exchange(woken_, false); });
  }

  void ReadInto(std::vector<std::string>& lines) {
    std::array<char, 65536> room;
    for (ReadResult read = feed_->Read(room); read.status == ReadResult::Status::kData; read = feed_->Read(room)) {
      line_.append(room.data(), read.bytes);
      size_t begin = 0;
      for (size_t end = line_.find('\n'); end != std::string::npos; end = line_.find('\n', begin)) {
        lines.push_back(line_.substr(begin, end - begin));
        begin = end + 1;
      }
      line_.erase(0, begin);
    }
  }

  std::mutex mutex_;
  std::condition_variable came_;
  bool woken_ = false;
  std::string line_;  // the beginning of one

 protected:
  FakeClock clock_;
  std::unique_ptr<Feed> feed_;
};

}  // namespace logmill
