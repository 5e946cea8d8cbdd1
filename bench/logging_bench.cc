// What does a line in Gallery's formats cost, next to spdlog's own default pattern, which is the measure? Compare rows of one run:
// the formatters alone on messages of four kinds, then whole log calls into nothing and into a file descriptor.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "logging/line_sink.h"
#include "logging/setup.h"

namespace logmill {
namespace {

constexpr const char* kContext = "LoggingInterceptor";

enum Writer { kDefaultPattern, kJson, kConsole };

std::unique_ptr<spdlog::formatter> FormatterOf(int64_t writer) {
  if (writer == kDefaultPattern) return std::make_unique<spdlog::pattern_formatter>();
  LoggingOptions options;
  options.format = writer == kJson ? LogFormat::kJson : LogFormat::kConsole;
  return MakeFormatter(options);
}

const char* NameOf(int64_t writer) { return writer == kDefaultPattern ? "default pattern" : writer == kJson ? "json" : "console"; }

std::string StackTrace() {
  std::string text = "Error: connect ECONNREFUSED 127.0.0.1:6379";
  while (text.size() < 2048) text += "\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)";
  return text;
}

std::string MessageOf(int64_t kind) {
  switch (kind) {
    case 0:
      return "GET /api/assets/8cadebb5-5b7c-4f0e-9f3c-0d9b5e0c7f11/thumbnail 200 10.07ms";  // 74 bytes
    case 1:
      return "Unable to open \"C:\\\\photos\\\\a.jpg\"\t(\"x\")\n";
    case 2:
      return "Asset été_😀_漢字.jpg für Jörg: wurde übernommen – größer als erwartet";
    default:
      return StackTrace();
  }
}

const char* KindName(int64_t kind) {
  constexpr const char* kNames[] = {"plain", "escapes", "non-ascii", "2 kB trace"};
  return kNames[kind];
}

// Formatting alone. The clock moves 1 ms every 8 messages, as on a busy server.
void BM_Format(benchmark::State& state) {
  const auto formatter = FormatterOf(state.range(0));
  const std::string message = MessageOf(state.range(1));
  spdlog::details::log_msg record(kContext, spdlog::level::debug, message);
  spdlog::memory_buf_t line;
  size_t bytes = 0, count = 0;
  for (auto _ : state) {
    if (++count % 8 == 0) record.time += std::chrono::milliseconds(1);
    line.clear();
    formatter->format(record, line);
    bytes += line.size();
    benchmark::DoNotOptimize(line.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
  state.SetLabel(std::string(NameOf(state.range(0))) + ", " + KindName(state.range(1)));
}
BENCHMARK(BM_Format)->ArgsProduct({{kDefaultPattern, kJson, kConsole}, {0, 1, 2, 3}});

// Formats and forgets.
class MemorySink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.clear();
    formatter_->format(message, line_);
    benchmark::DoNotOptimize(line_.data());
  }
  void flush_() override {}

 private:
  spdlog::memory_buf_t line_;
};

void BM_CallIntoMemory(benchmark::State& state) {
  auto sink = std::make_shared<MemorySink>();
  sink->set_formatter(FormatterOf(state.range(0)));
  spdlog::logger logger(kContext, sink);
  const std::string message = MessageOf(0);
  for (auto _ : state) logger.info(message);
  state.SetLabel(NameOf(state.range(0)));
}
BENCHMARK(BM_CallIntoMemory)->DenseRange(kDefaultPattern, kConsole);

void BM_CallWithArguments(benchmark::State& state) {
  auto sink = std::make_shared<MemorySink>();
  sink->set_formatter(FormatterOf(state.range(0)));
  spdlog::logger logger(kContext, sink);
  for (auto _ : state) logger.info("{} /api/assets {} {:.2f}ms", "GET", 200, 10.07);
  state.SetLabel(NameOf(state.range(0)));
}
BENCHMARK(BM_CallWithArguments)->DenseRange(kDefaultPattern, kConsole);

// spdlog's buffered file sink, with its formatter and with ours.
void BM_CallIntoFileSink(benchmark::State& state) {
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>("/dev/null");
  sink->set_formatter(FormatterOf(state.range(0)));
  spdlog::logger logger(kContext, sink);
  const std::string message = MessageOf(0);
  for (auto _ : state) logger.info(message);
  state.SetLabel(NameOf(state.range(0)));
}
BENCHMARK(BM_CallIntoFileSink)->DenseRange(kDefaultPattern, kConsole);

// Our sink: one write(2) a line.
void BM_CallIntoLineSink(benchmark::State& state) {
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  {
    spdlog::logger logger(kContext, std::make_shared<LineSink>(FormatterOf(state.range(0)), fd, fd));
    const std::string message = MessageOf(0);
    for (auto _ : state) logger.info(message);
  }
  ::close(fd);
  state.SetLabel(NameOf(state.range(0)));
}
BENCHMARK(BM_CallIntoLineSink)->DenseRange(kDefaultPattern, kConsole);

// A call below the level.
void BM_CallDisabled(benchmark::State& state) {
  spdlog::logger logger(kContext, std::make_shared<MemorySink>());
  const std::string message = MessageOf(0);
  for (auto _ : state) logger.debug(message);
}
BENCHMARK(BM_CallDisabled);

}  // namespace
}  // namespace logmill
