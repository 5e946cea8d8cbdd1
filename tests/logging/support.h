// What the logging tests share: pipes that are read to their end, processes that are watched, records at a fixed time.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spdlog/formatter.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace logmill::testing {

inline std::string ReadToEnd(int fd) {
  std::string text;
  std::array<char, 4096> chunk;
  for (ssize_t n; (n = ::read(fd, chunk.data(), chunk.size())) > 0;) text.append(chunk.data(), static_cast<size_t>(n));
  return text;
}

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) read_ = ends[0], write_ = ends[1];
  }
  ~Pipe() {
    CloseWriter();
    ::close(read_);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int reader() const { return read_; }
  [[nodiscard]] int writer() const { return write_; }
  void CloseWriter() {
    if (write_ >= 0) ::close(write_);
    write_ = -1;
  }
  // Everything that was written. Only when what was written fits into a pipe (64 kB).
  std::string Text() {
    CloseWriter();
    return ReadToEnd(read_);
  }

 private:
  int read_ = -1;
  int write_ = -1;
};

// Runs `body` in a forked child, which ends with code 0 behind it, or by a signal after 30 s.
inline pid_t Fork(const std::function<void()>& body) {
  std::fflush(nullptr);  // or the child would write it again
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::alarm(30);
  body();
  ::_exit(0);
}

// Waits; the exit code, or 128 + the signal.
inline int ExitCode(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Output {
  std::string out;
  std::string err;
  int code = -1;
};

// `body` in a child whose stdout and stderr are ours to read.
inline Output Capture(const std::function<void()>& body) {
  Pipe out, err;
  const pid_t child = Fork([&] {
    ::dup2(out.writer(), 1);
    ::dup2(err.writer(), 2);
    body();
  });
  out.CloseWriter();
  err.CloseWriter();
  Output output;
  std::thread err_reader([&] { output.err = ReadToEnd(err.reader()); });
  output.out = ReadToEnd(out.reader());
  err_reader.join();
  output.code = ExitCode(child);
  return output;
}

// A program with arguments and, besides PATH, exactly this environment ("NAME=value").
inline Output RunProgram(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  return Capture([&] {
    std::vector<char*> argv, envp;
    for (auto& argument : arguments) argv.push_back(argument.data());
    for (auto& variable : environment) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  });
}

inline std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  for (size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) lines.emplace_back(text.substr(0, end));
  if (!text.empty()) lines.emplace_back(text);
  return lines;
}

inline spdlog::log_clock::time_point AtMillis(int64_t unix_millis) {
  return spdlog::log_clock::time_point(std::chrono::milliseconds(unix_millis));
}

inline constexpr int64_t kNow = 1795340132793;  // 11/22/2026, 9:35:32.793 AM UTC

inline std::string FormatWith(spdlog::formatter& formatter, spdlog::level::level_enum level, std::string_view context,
                              std::string_view message, int64_t unix_millis = kNow) {
  const spdlog::details::log_msg record(AtMillis(unix_millis), {}, {context.data(), context.size()}, level,
                                        {message.data(), message.size()});
  spdlog::memory_buf_t line;
  formatter.format(record, line);
  return {line.data(), line.size()};
}

// TZ for the length of a test.
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~TimeZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
};

}  // namespace logmill::testing
