// The sink: formats and writes a line at once, `error` to one file descriptor and everything else to another.
#pragma once

#include <spdlog/formatter.h>
#include <spdlog/sinks/sink.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace logmill {

// One write(2) per record (its stack included), nothing buffered: lines of any length never interleave among the threads of a
// process, and short ones (PIPE_BUF, 4096 bytes) not among processes that share a pipe, nor any on a file opened with O_APPEND. Interrupted
// and short writes go on, a descriptor that is full and non-blocking is waited for. When a write fails in the midst of a line, the line is
// lost, the error is thrown as spdlog::spdlog_ex (spdlog's loggers catch it and report it to their error handler) and the next record
// begins on a new line. Thread-safe; survives fork() in either process.
class LineSink final : public spdlog::sinks::sink {
 public:
  // The descriptors stay the caller's and must outlive the sink. They may be the same.
  explicit LineSink(std::unique_ptr<spdlog::formatter> formatter, int out_fd = 1, int err_fd = 2);

  void log(const spdlog::details::log_msg& message) override;
  void flush() override {}
  void set_pattern(const std::string& pattern) override;
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

 private:
  struct Stream {
    int fd = -1;
    bool cut = false;  // what was written last does not end with a newline
  };
  void Write(Stream& stream, std::string_view text);

  std::unique_ptr<spdlog::formatter> formatter_;  // OutputMutex() guards it and all below
  spdlog::memory_buf_t line_;
  std::array<Stream, 2> streams_;  // stdout, stderr
};

}  // namespace logmill
