#include "sources/feed.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "sources/cursor_text.h"

namespace logmill {
namespace {

constexpr size_t kMostErrors = 16;  // that wait

// What std::condition_variable_any wants of a mutex that its caller holds.
class Lockable {
 public:
  explicit Lockable(Mutex& mutex) : mutex_(mutex) {}
  void lock() LOGMILL_ANNOTATE(no_thread_safety_analysis) { mutex_.Lock(); }
  void unlock() LOGMILL_ANNOTATE(no_thread_safety_analysis) { mutex_.Unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace

Feed::Feed(Options options)
    : name_(std::move(options.name)), most_bytes_(options.most_bytes), wake_(std::move(options.wake)), replayable_(options.replayable) {
  if (!replayable_ || options.cursor.empty()) return;
  auto cursors = ReadCursors(options.cursor);
  if (!cursors) errors_.emplace_back("where reading ended in an earlier life is damaged; it starts as if there had been none");
  settled_ = std::move(cursors).value_or(CursorMap());
}

bool Feed::Push(std::string_view lines, std::string_view key, std::string_view cursor) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (!Fits(lines.size())) return false;
    wake = Append(lines, key, cursor);
  }
  if (wake) wake_();
  return true;
}

bool Feed::PushWait(std::stop_token stop, std::string_view lines, std::string_view key, std::string_view cursor) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (!WaitForRoom(std::move(stop), lines.size())) return false;
    wake = Append(lines, key, cursor);
  }
  if (wake) wake_();
  return true;
}

// The lambda runs with the mutex held, which the analysis cannot see.
bool Feed::WaitForRoom(std::stop_token stop, size_t bytes) {
  Lockable held(mutex_);
  return room_came_.wait(held, std::move(stop), [this, bytes]() LOGMILL_ANNOTATE(no_thread_safety_analysis) { return Fits(bytes); });
}

bool Feed::Fits(size_t bytes) const { return Waiting() == 0 || Waiting() + mark_bytes_ + bytes <= most_bytes_; }

bool Feed::Append(std::string_view lines, std::string_view key, std::string_view cursor) {
  assert(lines.empty() || lines.back() == '\n');
  const bool first = Waiting() == 0;
  lines_ += lines;
  if (replayable_ && !cursor.empty()) AddMark({given_ + Waiting(), std::string(key), std::string(cursor)});
  return first && !lines.empty();
}

// Cursors that move without lines replace each other, so that their number is bounded by that of the keys.
void Feed::AddMark(Mark mark) {
  for (auto other = marks_.rbegin(); other != marks_.rend() && other->end == mark.end; ++other) {
    if (other->key != mark.key) continue;
    mark_bytes_ += mark.cursor.size() - other->cursor.size();
    other->cursor = std::move(mark.cursor);
    return;
  }
  mark_bytes_ += mark.bytes();
  marks_.push_back(std::move(mark));
}

void Feed::Forget(std::string_view key) {
  MutexLock lock(mutex_);
  if (replayable_) AddMark({given_ + Waiting(), std::string(key), {}});
}

void Feed::Fail(std::string error) {
  {
    MutexLock lock(mutex_);
    if (errors_.size() >= kMostErrors || std::ranges::find(errors_, error) != errors_.end()) return;
    errors_.push_back(std::move(error));
  }
  wake_();
}

void Feed::CaughtUp() {
  {
    MutexLock lock(mutex_);
    if (std::exchange(caught_up_, true)) return;
  }
  wake_();
}

std::map<std::string, std::string> Feed::Cursors() const {
  MutexLock lock(mutex_);
  return settled_;
}

bool Feed::caught_up() const {
  MutexLock lock(mutex_);
  return caught_up_;
}

uint64_t Feed::waiting_bytes() const {
  MutexLock lock(mutex_);
  return Waiting();
}

ReadResult Feed::Read(std::span<char> room) {
  MutexLock lock(mutex_);
  if (!errors_.empty()) {
    ReadResult result{.status = ReadResult::Status::kError, .error = std::move(errors_.front())};
    errors_.pop_front();
    return result;
  }
  SettleTo(given_);
  const size_t bytes = std::min(room.size(), Waiting());
  if (bytes == 0) return {};
  std::copy_n(lines_.data() + taken_, bytes, room.data());
  TakeOut(bytes);
  room_came_.notify_one();
  return {.status = ReadResult::Status::kData, .bytes = bytes, .error = {}};
}

void Feed::TakeOut(size_t bytes) {
  taken_ += bytes;
  given_ += bytes;
  if (taken_ < lines_.size() / 2) return;
  lines_.erase(0, std::exchange(taken_, 0));
  if (lines_.capacity() > 2 * most_bytes_ && lines_.size() <= most_bytes_) lines_.shrink_to_fit();
}

void Feed::SettleTo(uint64_t offset) {
  for (; !marks_.empty() && marks_.front().end <= offset; marks_.pop_front()) {
    Mark& mark = marks_.front();
    mark_bytes_ -= mark.bytes();
    if (mark.cursor.empty()) {
      settled_.erase(mark.key);
    } else {
      settled_.insert_or_assign(std::move(mark.key), std::move(mark.cursor));
    }
  }
}

std::string Feed::CursorAt(uint64_t offset) {
  MutexLock lock(mutex_);
  SettleTo(offset);
  return replayable_ ? WriteCursors(settled_) : std::string();
}

namespace {

class FeedSource final : public Source {
 public:
  explicit FeedSource(Feed& feed) : feed_(feed) {}

  ReadResult Read(std::span<char> room) override { return feed_.Read(room); }
  [[nodiscard]] uint64_t LagBytes() const override { return feed_.waiting_bytes(); }
  [[nodiscard]] const std::string& name() const override { return feed_.name(); }

  [[nodiscard]] bool Locate(uint64_t offset, Position* position) override {
    if (feed_.replayable()) position->cursor = feed_.CursorAt(offset);
    return feed_.replayable();
  }

 private:
  Feed& feed_;
};

}  // namespace

std::unique_ptr<Source> ReadFeed(Feed& feed) { return std::make_unique<FeedSource>(feed); }

}  // namespace logmill
