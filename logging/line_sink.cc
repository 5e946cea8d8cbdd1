#include "logging/line_sink.h"

#include <poll.h>
#include <spdlog/pattern_formatter.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <mutex>
#include <utility>

#include "logging/process.h"
#include "logging/spdlog_level.h"

namespace logmill {
namespace {

constexpr size_t kKeepBytes = 64 << 10;  // a longer line's memory is given back

void WaitUntilWritable(int fd) {
  pollfd wait{fd, POLLOUT, 0};
  ::poll(&wait, 1, -1);
}

// Returns how much was written: all of it, or less with errno set.
size_t WriteAll(int fd, std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      WaitUntilWritable(fd);
    } else if (errno != EINTR) {
      break;
    }
  }
  return done;
}

}  // namespace

LineSink::LineSink(std::unique_ptr<spdlog::formatter> formatter, int out_fd, int err_fd)
    : formatter_(std::move(formatter)), streams_{Stream{out_fd}, Stream{err_fd}} {}

void LineSink::log(const spdlog::details::log_msg& message) {
  const std::lock_guard lock(OutputMutex());
  line_.clear();
  formatter_->format(message, line_);
  Write(streams_[GoesToStderr(FromSpdlog(message.level)) ? 1 : 0], {line_.data(), line_.size()});
  if (line_.capacity() > kKeepBytes) line_ = spdlog::memory_buf_t();
}

void LineSink::set_pattern(const std::string& pattern) { set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern)); }

void LineSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  const std::lock_guard lock(OutputMutex());
  formatter_ = std::move(formatter);
}

void LineSink::Write(Stream& stream, std::string_view text) {
  if (text.empty()) return;
  if (stream.cut && WriteAll(stream.fd, "\n") == 1) stream.cut = false;
  const size_t written = WriteAll(stream.fd, text);
  if (written == text.size()) return;
  const int error = errno;
  stream.cut = stream.cut || written > 0;
  spdlog::throw_spdlog_ex("cannot write a log line to file descriptor " + std::to_string(stream.fd), error);
}

}  // namespace logmill
