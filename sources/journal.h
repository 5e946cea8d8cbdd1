// An open journal and a place in it: a thin cover of libsystemd's sd-journal, of which errors come out as words.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sd_journal;

namespace logmill {

// One thread.
class Journal {
 public:
  using Error = std::string;

  // `directory`: "" for this machine's. `matches`: FIELD=value. `longest_field`: of longer ones that are compressed the rest stays away.
  static std::expected<Journal, Error> Open(const std::string& directory, const std::vector<std::string>& matches, size_t longest_field);

  // Where the next Next() begins.
  std::expected<void, Error> SeekStart();
  std::expected<void, Error> SeekEnd();
  // Behind the entry that `cursor` names. False when this entry is gone: the next one is the oldest that is newer.
  std::expected<bool, Error> SeekBehind(const std::string& cursor);

  // Goes to the next entry; false: there is none yet.
  std::expected<bool, Error> Next();
  // Of the entry at hand. "" when it has no such field. Valid until anything else is called.
  [[nodiscard]] std::string_view Field(const char* name);
  [[nodiscard]] int64_t TimeNs();
  [[nodiscard]] std::string Cursor();

  // Waits until the journal may have changed or `wake_fd` is readable, at most so long.
  std::expected<void, Error> Wait(int wake_fd, std::chrono::milliseconds most);

 private:
  struct Close {
    void operator()(sd_journal* journal) const;
  };
  explicit Journal(sd_journal* journal) : journal_(journal) {}

  std::unique_ptr<sd_journal, Close> journal_;
};

}  // namespace logmill
