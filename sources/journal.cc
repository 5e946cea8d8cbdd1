#include "sources/journal.h"

#include <poll.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <system_error>

namespace logmill {
namespace {

std::unexpected<std::string> Failure(const char* what, int result) {
  return std::unexpected(std::string(what) + ": " + std::generic_category().message(-result));
}

// The time in a cursor, "...;t=HEX;...": microseconds. 0 when there is none.
uint64_t TimeOfCursor(std::string_view cursor) {
  const size_t found = cursor.find(";t=");
  uint64_t time = 0;
  if (found != std::string_view::npos) std::from_chars(cursor.data() + found + 3, cursor.data() + cursor.size(), time, 16);
  return time;
}

// How long the library wants to wait at most: it gives a time on the monotonic clock.
std::chrono::milliseconds UntilTimeout(sd_journal* journal, std::chrono::milliseconds most) {
  uint64_t deadline = 0;
  if (::sd_journal_get_timeout(journal, &deadline) < 0 || deadline == UINT64_MAX) return most;
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto now_us = static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  const uint64_t left_ms = deadline > now_us ? (deadline - now_us) / 1000 + 1 : 0;
  return std::chrono::milliseconds(std::min(left_ms, static_cast<uint64_t>(most.count())));
}

}  // namespace

void Journal::Close::operator()(sd_journal* journal) const { ::sd_journal_close(journal); }

std::expected<Journal, Journal::Error> Journal::Open(const std::string& directory, const std::vector<std::string>& matches,
                                                     size_t longest_field) {
  sd_journal* opened = nullptr;
  const int result =
      directory.empty() ? ::sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY) : ::sd_journal_open_directory(&opened, directory.c_str(), 0);
  if (result < 0) return Failure("cannot be opened", result);
  Journal journal(opened);
  ::sd_journal_set_data_threshold(opened, longest_field);
  const int watched = ::sd_journal_get_fd(opened);  // now, so that no change is missed
  if (watched < 0) return Failure("cannot be watched", watched);
  for (const std::string& match : matches) {
    const int added = ::sd_journal_add_match(opened, match.data(), match.size());
    if (added < 0) return Failure(("\"" + match + "\" cannot be looked for").c_str(), added);
  }
  return journal;
}

std::expected<void, Journal::Error> Journal::SeekStart() {
  const int result = ::sd_journal_seek_head(journal_.get());
  if (result < 0) return Failure("cannot be read from its start", result);
  return {};
}

// On the last entry, so that the next one is new. When there is none, all are.
std::expected<void, Journal::Error> Journal::SeekEnd() {
  int result = ::sd_journal_seek_tail(journal_.get());
  if (result >= 0) result = ::sd_journal_previous(journal_.get());
  if (result < 0) return Failure("cannot be read from its end", result);
  if (result == 0) return SeekStart();
  return {};
}

std::expected<bool, Journal::Error> Journal::SeekBehind(const std::string& cursor) {
  int result = ::sd_journal_seek_cursor(journal_.get(), cursor.c_str());
  if (result >= 0) result = ::sd_journal_next(journal_.get());
  if (result > 0) result = ::sd_journal_test_cursor(journal_.get(), cursor.c_str());
  if (result > 0) return true;
  if (result == 0 || result == -EINVAL) result = ::sd_journal_seek_realtime_usec(journal_.get(), TimeOfCursor(cursor) + 1);
  if (result < 0) return Failure("cannot be read from where it was left", result);
  return false;
}

std::expected<bool, Journal::Error> Journal::Next() {
  const int result = ::sd_journal_next(journal_.get());
  if (result < 0) return Failure("cannot be read", result);
  return result > 0;
}

std::string_view Journal::Field(const char* name) {
  const void* data = nullptr;
  size_t size = 0;
  if (::sd_journal_get_data(journal_.get(), name, &data, &size) < 0) return {};
  const std::string_view field(static_cast<const char*>(data), size);
  const size_t equals = field.find('=');
  return equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1);
}

int64_t Journal::TimeNs() {
  uint64_t time_us = 0;
  (void)::sd_journal_get_realtime_usec(journal_.get(), &time_us);
  return static_cast<int64_t>(std::min<uint64_t>(time_us, INT64_MAX / 1000)) * 1000;
}

std::string Journal::Cursor() {
  char* text = nullptr;
  if (::sd_journal_get_cursor(journal_.get(), &text) < 0) return {};
  std::string cursor = text;
  std::free(text);
  return cursor;
}

std::expected<void, Journal::Error> Journal::Wait(int wake_fd, std::chrono::milliseconds most) {
  const int events = ::sd_journal_get_events(journal_.get());
  pollfd ready[2] = {{wake_fd, POLLIN, 0}, {::sd_journal_get_fd(journal_.get()), static_cast<int16_t>(events < 0 ? POLLIN : events), 0}};
  (void)::poll(ready, 2, static_cast<int>(UntilTimeout(journal_.get(), most).count()));
  const int result = ::sd_journal_process(journal_.get());
  if (result < 0) return Failure("cannot be watched", result);
  return {};
}

}  // namespace logmill
