// Between a receiver's thread and the worker that counts: a bounded queue of whole lines, which the worker reads like a file.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "sources/source.h"

namespace logmill {

// One receiver writes, one worker reads. Every push may bring a cursor: what its receiver needs to go on after these lines once the
// program was started anew. Cursors are kept by key (a container, say; "" when there is only one), the newest of a key replaces the older.
// Memory: most_bytes, one line, and a cursor a key.
class Feed {
 public:
  struct Options {
    std::string name = {};                // what a person calls the source
    size_t most_bytes = size_t{4} << 20;  // of lines and cursors waiting; a longer line is taken when nothing waits
    // Called, by any thread, when there is something new: lines in an empty queue, trouble, or that the backlog is over.
    std::function<void()> wake = [] {};
    std::string cursor = {};  // what CursorAt gave in an earlier life; damaged text counts as none, and as trouble
    bool replayable = true;   // false: its receiver cannot go back, cursors are not used
  };
  explicit Feed(Options options);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Receiver: appends whole lines (each with "\n"), all or none. False: there is no room now (back-pressure: nothing was taken).
  // A cursor stands behind the last of the lines: whoever wants to go on after each line pushes them one by one. Without lines, the cursor
  // moves over what gave none. An empty cursor changes nothing.
  [[nodiscard]] bool Push(std::string_view lines, std::string_view key = {}, std::string_view cursor = {}) EXCLUDES(mutex_);
  // The same, waiting for room; false when `stop` came first.
  [[nodiscard]] bool PushWait(std::stop_token stop, std::string_view lines, std::string_view key = {}, std::string_view cursor = {})
      EXCLUDES(mutex_);
  // Receiver: `key` will not come again (a container was removed): its cursor goes once everything pushed so far is settled.
  void Forget(std::string_view key) EXCLUDES(mutex_);
  // Receiver: trouble that a person should know; a following Read() gives it as kError, once. What waits already is not added again.
  void Fail(std::string error) EXCLUDES(mutex_);
  // Receiver: from now on there is nothing older than the start of the program that has not been pushed (readiness).
  void CaughtUp() EXCLUDES(mutex_);

  // By key, for the receiver at its start: what the cursor of Options says (later: what is settled).
  [[nodiscard]] std::map<std::string, std::string> Cursors() const EXCLUDES(mutex_);
  [[nodiscard]] bool caught_up() const EXCLUDES(mutex_);
  [[nodiscard]] uint64_t waiting_bytes() const EXCLUDES(mutex_);
  [[nodiscard]] bool replayable() const { return replayable_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Worker: kData, kIdle or kError (trouble comes before data). A line may come in two reads. Whoever reads on has settled, or is about to
  // put into its Position, all whole lines given before: what CursorAt needs to know about them is reduced to one cursor a key.
  ReadResult Read(std::span<char> room) EXCLUDES(mutex_);
  // Worker: all cursors as of stream position `offset` (of the bytes given by Read, counted from 0), as one text for Options::cursor; ""
  // when the feed is not replayable. `offset` never goes back, nor before the last whole line that was given when Read() was last called.
  std::string CursorAt(uint64_t offset) EXCLUDES(mutex_);

 private:
  // A cursor that holds once everything before `end` is settled; an empty one forgets the key.
  struct Mark {
    uint64_t end;
    std::string key;
    std::string cursor;
    [[nodiscard]] size_t bytes() const { return sizeof(Mark) + key.size() + cursor.size(); }
  };

  [[nodiscard]] bool Fits(size_t bytes) const REQUIRES(mutex_);
  // True when the worker has to be woken.
  bool Append(std::string_view lines, std::string_view key, std::string_view cursor) REQUIRES(mutex_);
  void AddMark(Mark mark) REQUIRES(mutex_);
  [[nodiscard]] bool WaitForRoom(std::stop_token stop, size_t bytes) REQUIRES(mutex_) LOGMILL_ANNOTATE(no_thread_safety_analysis);
  void TakeOut(size_t bytes) REQUIRES(mutex_);
  void SettleTo(uint64_t offset) REQUIRES(mutex_);
  [[nodiscard]] size_t Waiting() const REQUIRES(mutex_) { return lines_.size() - taken_; }

  const std::string name_;
  const size_t most_bytes_;
  const std::function<void()> wake_;
  const bool replayable_;

  mutable Mutex mutex_;
  std::condition_variable_any room_came_;
  std::string lines_ GUARDED_BY(mutex_);  // those from `taken_` on wait
  size_t taken_ GUARDED_BY(mutex_) = 0;
  uint64_t given_ GUARDED_BY(mutex_) = 0;      // stream offset after the last byte that Read gave
  std::deque<Mark> marks_ GUARDED_BY(mutex_);  // ascending
  size_t mark_bytes_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::string> settled_ GUARDED_BY(mutex_);
  std::deque<std::string> errors_ GUARDED_BY(mutex_);
  bool caught_up_ GUARDED_BY(mutex_) = false;
};

// A Source that reads `feed`, which outlives it.
std::unique_ptr<Source> ReadFeed(Feed& feed);

// What a receiver did since its start; written by its thread, read by any.
struct ReceiverCounts {
  std::atomic<uint64_t> messages = 0;   // given to the feed; those of the next two lines are among them
  std::atomic<uint64_t> malformed = 0;  // not in the form that they should have: taken as plain text
  std::atomic<uint64_t> too_long = 0;   // cut at the limit
  std::atomic<uint64_t> dropped = 0;    // came and were lost, because there was no room for them (UDP)
  std::atomic<uint64_t> refused = 0;    // connections or requests that were turned away: nothing of them was taken
};

// What fills a Feed: owns a thread and connections. The destructor stops and joins it, within a second whatever its peer does.
class Receiver {
 public:
  virtual ~Receiver() = default;
  [[nodiscard]] const ReceiverCounts& counts() const { return counts_; }
  // Any thread: whether what it reads from could be reached when that was tried last (false before the first answer). Nothing for a
  // receiver that others connect to.
  [[nodiscard]] virtual std::optional<bool> up() const { return std::nullopt; }
  // The port that it listens on; 0 when it listens on none.
  [[nodiscard]] virtual uint16_t port() const { return 0; }

 protected:
  ReceiverCounts counts_;
};

}  // namespace logmill
