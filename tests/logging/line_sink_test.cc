// The sink on real file descriptors: streams, short writes, errors, threads and forks.
#include "logging/line_sink.h"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <spdlog/logger.h>
#include <sys/resource.h>

#include <atomic>
#include <map>
#include <thread>

#include "logging/json_formatter.h"
#include "logging/process.h"
#include "tests/logging/support.h"

namespace logmill {
namespace {

using testing::Lines;
using testing::Pipe;

// Just the message and a newline.
class Bare final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& dest) override {
    dest.append(message.payload.data(), message.payload.data() + message.payload.size());
    dest.push_back('\n');
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Bare>(); }
};

spdlog::logger BareLogger(int out_fd, int err_fd) {
  spdlog::logger logger("", std::make_shared<LineSink>(std::make_unique<Bare>(), out_fd, err_fd));
  logger.set_level(spdlog::level::trace);
  return logger;
}

TEST(LineSink, ErrorGoesToOneStreamEverythingElseToTheOther) {
  Pipe out, err;
  spdlog::logger logger = BareLogger(out.writer(), err.writer());
  logger.trace("verbose");
  logger.debug("debug");
  logger.info("log");
  logger.warn("warn");
  logger.error("error");
  logger.critical("fatal");
  EXPECT_EQ(out.Text(), "verbose\ndebug\nlog\nwarn\nfatal\n");
  EXPECT_EQ(err.Text(), "error\n");
}

TEST(LineSink, PatternAndFormatterCanBeReplaced) {
  Pipe out;
  LineSink sink(std::make_unique<Bare>(), out.writer(), out.writer());
  const spdlog::details::log_msg message("C", spdlog::level::info, "m");
  sink.set_pattern("%n: %v");
  sink.log(message);
  sink.set_formatter(std::make_unique<Bare>());
  sink.log(message);
  EXPECT_EQ(out.Text(), "C: m\nm\n");
}

// A megabyte through a pipe of 64 kB, with a signal for every piece that is read: the kernel takes it in many short writes.
TEST(LineSink, ShortAndInterruptedWritesGoOn) {
  struct sigaction action{}, before{};
  action.sa_handler = [](int) {};  // without SA_RESTART
  ::sigaction(SIGUSR1, &action, &before);
  Pipe out;
  const std::string line(1 << 20, 'x');
  std::thread writer([&] {
    spdlog::logger logger = BareLogger(out.writer(), out.writer());
    logger.info(line);
    logger.info("next");
  });
  const std::string expected = line + "\nnext\n";
  std::string text;
  for (std::array<char, 5000> piece; text.size() < expected.size();) {
    const ssize_t n = ::read(out.reader(), piece.data(), piece.size());
    ASSERT_GT(n, 0);
    text.append(piece.data(), static_cast<size_t>(n));
    if (text.size() < line.size() / 2) ::pthread_kill(writer.native_handle(), SIGUSR1);
  }
  writer.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(text == expected);
}

TEST(LineSink, AFullNonBlockingDescriptorIsWaitedFor) {
  Pipe out;
  ::fcntl(out.writer(), F_SETFL, O_NONBLOCK);
  const std::string line(300000, 'x');
  std::thread writer([&] {
    BareLogger(out.writer(), out.writer()).info(line);
    out.CloseWriter();
  });
  const std::string text = testing::ReadToEnd(out.reader());
  writer.join();
  EXPECT_TRUE(text == line + "\n");
}

TEST(LineSink, AFailureIsReportedAndNotThrownAtTheCaller) {
  std::string reported;
  spdlog::logger logger = BareLogger(-1, -1);
  logger.set_error_handler([&](const std::string& what) { reported = what; });
  logger.info("lost");
  EXPECT_EQ(reported, "cannot write a log line to file descriptor -1: Bad file descriptor");
}

// A disk that is full in the midst of a line: the next line that fits begins on its own.
TEST(LineSink, ALineThatWasCutDoesNotSpoilTheNext) {
  const testing::Output output = testing::Capture([] {
    ::signal(SIGXFSZ, SIG_IGN);
    char path[] = "/tmp/logmill_line_sink_XXXXXX";
    const int file = ::mkstemp(path);
    ::unlink(path);
    spdlog::logger logger = BareLogger(file, file);
    logger.set_error_handler([](const std::string&) {});
    const rlimit small{8, RLIM_INFINITY}, large{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    logger.info("first");
    logger.info("second");
    ::setrlimit(RLIMIT_FSIZE, &large);
    logger.info("third");
    logger.info("fourth");
    ::lseek(file, 0, SEEK_SET);
    const std::string text = testing::ReadToEnd(file);
    if (::write(1, text.data(), text.size()) < 0) ::_exit(1);
  });
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.out, "first\nse\nthird\nfourth\n");
}

TEST(LineSink, LinesOfManyThreadsNeverInterleave) {
  constexpr int kThreads = 8, kLines = 200;
  Pipe out;
  spdlog::logger logger("C", std::make_shared<LineSink>(std::make_unique<JsonFormatter>(), out.writer(), out.writer()));
  std::string text;
  std::thread reader([&] { text = testing::ReadToEnd(out.reader()); });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&logger, thread] {
      for (int i = 0; i < kLines; ++i)
        logger.info("{} {} {}", thread, i, std::string(static_cast<size_t>(i * 97 % 20000), static_cast<char>('a' + thread)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  out.CloseWriter();
  reader.join();

  std::map<int64_t, int> next;
  simdjson::dom::parser parser;
  for (const std::string& line : Lines(text)) {
    std::string_view message;
    ASSERT_EQ(parser.parse(line)["message"].get(message), simdjson::SUCCESS) << line.substr(0, 200);
    const int thread = message[0] - '0', i = next[thread]++;
    ASSERT_EQ(message,
              fmt::format("{} {} {}", thread, i, std::string(static_cast<size_t>(i * 97 % 20000), static_cast<char>('a' + thread))));
  }
  ASSERT_EQ(next.size(), static_cast<size_t>(kThreads));
  for (const auto& [thread, count] : next) EXPECT_EQ(count, kLines) << thread;
}

TEST(LineSink, AChildShowsItsOwnPid) {
  Pipe out;
  spdlog::logger logger("", std::make_shared<LineSink>(std::make_unique<JsonFormatter>(), out.writer(), out.writer()));
  logger.info("parent");
  const pid_t child = testing::Fork([&] {
    logger.info("child");
    if (ProcessId() != ::getpid()) ::_exit(1);
    ::_exit(testing::ExitCode(testing::Fork([&] { logger.info("grandchild {}", ::getpid()); })));
  });
  ASSERT_EQ(testing::ExitCode(child), 0);
  logger.info("parent");
  const auto lines = Lines(out.Text());
  ASSERT_EQ(lines.size(), 4U);
  const auto begins = [&](size_t line, pid_t pid) {
    return lines[line].starts_with("{\"level\":\"log\",\"pid\":" + std::to_string(pid) + ",");
  };
  EXPECT_TRUE(begins(0, ::getpid()));
  EXPECT_TRUE(begins(1, child));
  EXPECT_TRUE(begins(2, static_cast<pid_t>(std::stol(lines[2].substr(lines[2].rfind(' ') + 1))))) << lines[2];
  EXPECT_TRUE(begins(3, ::getpid()));
}

// Children of a process whose threads are logging: none is left with a lock that nobody will open.
TEST(LineSink, ForkWhileOtherThreadsLog) {
  constexpr int kForks = 50;
  Pipe out;
  spdlog::logger logger = BareLogger(out.writer(), out.writer());
  std::string text;
  std::thread reader([&] { text = testing::ReadToEnd(out.reader()); });
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) logger.info("parent");
    });
  }
  for (int i = 0; i < kForks; ++i) EXPECT_EQ(testing::ExitCode(testing::Fork([&] { logger.info("child"); })), 0);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  out.CloseWriter();
  reader.join();
  int children = 0;
  for (const std::string& line : Lines(text)) {
    ASSERT_TRUE(line == "parent" || line == "child") << line;
    children += line == "child";
  }
  EXPECT_EQ(children, kForks);
}

}  // namespace
}  // namespace logmill
