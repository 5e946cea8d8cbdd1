// How fast do bytes become records? Splitter and decoder on generated Gallery lines, next to simdjson on the same lines.
// Every way adds up the same check sum: what is fast and wrong does not count.
#include <benchmark/benchmark.h>
#include <simdjson.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "ingest/decoder.h"
#include "ingest/line_splitter.h"
#include "sources/source.h"

namespace logmill {
namespace {

// About 195 bytes a line: 40 % HTTP access lines, 1 % stack traces of 2 KB, 5 % with escapes, 4 % with text outside of ASCII.
struct Log {
  std::string bytes;
  size_t lines = 0;
  uint64_t check_sum = 0;  // of the lengths of level, context and message (unescaped), and the pids
};

std::string Repeated(const std::string& text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

// JSON text of a message; `*size` is its length when unescaped.
std::string Message(std::mt19937& random, size_t* size) {
  const size_t kind = random() % 100;
  const std::string id = std::to_string(random());
  std::string text;
  size_t escapes = 0;
  if (kind < 40) {
    text =
        "GET /api/assets/" + id + "/thumbnail?size=preview 200 " + std::to_string(random() % 1000) + ".25ms 192.168.1." + id.substr(0, 2);
  } else if (kind < 41) {
    text = "Error: something failed" + Repeated("\\n    at Object.handle (/usr/src/app/dist/service.js:10:20)", 33);
    escapes = 33;
  } else if (kind < 46) {
    text = "Migration \\\"" + id + "-AddAssetVisibility\\\" succeeded in the schema public and took \\\"" + id + "\\\" ms";
    escapes = 4;
  } else if (kind < 50) {
    text =
        "Datei \xC3\xBC"
        "bertragen: Gr\xC3\xB6\xC3\x9F"
        "e " +
        id + ", \xE2\x80\x9ESommer am See\xE2\x80\x9C, Album " + id;
  } else {
    text =
        "Successfully generated " + id + " thumbnails and previews for the asset in " + std::to_string(random() % 5000) + "ms, queue " + id;
  }
  *size = text.size() - escapes;
  return text;
}

Log Generate(size_t bytes) {
  constexpr const char* kLevels[] = {"log", "debug", "verbose", "warn", "error"};
  constexpr const char* kContexts[] = {"LoggingInterceptor", "MediaService", "MetadataService", "JobRepository", "WebsocketRepository"};
  std::mt19937 random(1);
  Log log;
  while (log.bytes.size() < bytes) {
    const char* const level = kLevels[random() % 5];
    const char* const context = kContexts[random() % 5];
    const size_t pid = 8 + random() % 30;
    size_t message_size = 0;
    const std::string message = Message(random, &message_size);
    log.bytes.append("{\"level\":\"").append(level).append("\",\"pid\":").append(std::to_string(pid));
    log.bytes.append(",\"timestamp\":").append(std::to_string(1795339327773 + log.lines)).append(",\"message\":\"").append(message);
    log.bytes.append("\",\"context\":\"").append(context).append("\"}\n");
    ++log.lines;
    log.check_sum += std::strlen(level) + std::strlen(context) + message_size + pid;
  }
  return log;
}

const Log& TheLog() {
  static const Log log = Generate(32 << 20);
  return log;
}

void Report(benchmark::State& state, uint64_t check_sum) {
  const Log& log = TheLog();
  if (check_sum != log.check_sum) state.SkipWithError("wrong result");
  const double lines = static_cast<double>(state.iterations()) * static_cast<double>(log.lines);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(log.bytes.size()));
  state.counters["line_time"] = benchmark::Counter(lines, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

struct Sum {
  Decoder decoder{Decoder::Options()};
  uint64_t total = 0;

  void Take(LineSplitter& splitter) {
    Line line;
    Record record;
    while (splitter.Next(&line)) {
      if (decoder.Decode(line.text, line.cut, &record) != Reject::kNone) continue;
      total += record.level.size() + record.context.size() + record.message.text.size() + static_cast<uint64_t>(*record.pid);
    }
  }
};

template <typename PerLine>
void ForEachLine(const std::string& bytes, const PerLine& per_line) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    per_line(at, end - at);
    at = end + 1;
  }
}

void SplitOnly(benchmark::State& state) {
  const Log& log = TheLog();
  uint64_t lines = 0;
  for (auto _ : state) {
    lines = 0;
    ForEachLine(log.bytes, [&](size_t, size_t size) { lines += size > 0 ? 1 : 0; });
    benchmark::DoNotOptimize(lines);
  }
  Report(state, lines == log.lines ? log.check_sum : 0);
}
BENCHMARK(SplitOnly);

void DecodeLinesInMemory(benchmark::State& state) {
  const Log& log = TheLog();
  uint64_t total = 0;
  for (auto _ : state) {
    Sum sum;
    Record record;
    ForEachLine(log.bytes, [&](size_t at, size_t size) {
      if (sum.decoder.Decode({log.bytes.data() + at, size}, false, &record) != Reject::kNone) return;
      sum.total += record.level.size() + record.context.size() + record.message.text.size() + static_cast<uint64_t>(*record.pid);
    });
    total = sum.total;
  }
  Report(state, total);
}
BENCHMARK(DecodeLinesInMemory);

// The bytes are copied into the splitter's buffer, as read() would.
void SplitAndDecodeFromMemory(benchmark::State& state) {
  const Log& log = TheLog();
  uint64_t total = 0;
  for (auto _ : state) {
    Sum sum;
    LineSplitter splitter{LineSplitter::Options()};
    for (size_t at = 0; at < log.bytes.size();) {
      const std::span<char> room = splitter.Room();
      const size_t size = std::min(room.size(), log.bytes.size() - at);
      std::memcpy(room.data(), log.bytes.data() + at, size);
      splitter.Advance(size);
      at += size;
      sum.Take(splitter);
    }
    total = sum.total;
  }
  Report(state, total);
}
BENCHMARK(SplitAndDecodeFromMemory);

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    const int fd = ::mkstemp(path_.data());
    std::FILE* const file = ::fdopen(fd, "wb");
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/logmill_bench_XXXXXX";
};

void SplitAndDecodeFromFile(benchmark::State& state) {
  const TemporaryFile file(TheLog().bytes);
  uint64_t total = 0;
  for (auto _ : state) {
    Sum sum;
    LineSplitter splitter{LineSplitter::Options()};
    const auto source = *ReadFileRange(file.path(), 0, UINT64_MAX);
    for (;;) {
      const ReadResult result = source->Read(splitter.Room());
      if (result.status != ReadResult::Status::kData) break;
      splitter.Advance(result.bytes);
      sum.Take(splitter);
    }
    total = sum.total;
  }
  Report(state, total);
}
BENCHMARK(SplitAndDecodeFromFile);

void SimdjsonDom(benchmark::State& state) {
  const Log& log = TheLog();
  const simdjson::padded_string padded(log.bytes);
  uint64_t total = 0;
  for (auto _ : state) {
    total = 0;
    simdjson::dom::parser parser;
    ForEachLine(log.bytes, [&](size_t at, size_t size) {
      simdjson::dom::object object;
      if (parser.parse(padded.data() + at, size, false).get(object) != simdjson::SUCCESS) return;
      std::string_view level = object["level"];
      std::string_view context = object["context"];
      std::string_view message = object["message"];
      int64_t timestamp = object["timestamp"];
      benchmark::DoNotOptimize(timestamp);
      total += level.size() + context.size() + message.size() + uint64_t{object["pid"]};
    });
  }
  Report(state, total);
}
BENCHMARK(SimdjsonDom);

void SimdjsonOndemand(benchmark::State& state) {
  const Log& log = TheLog();
  const simdjson::padded_string padded(log.bytes);
  uint64_t total = 0;
  for (auto _ : state) {
    total = 0;
    simdjson::ondemand::parser parser;
    ForEachLine(log.bytes, [&](size_t at, size_t size) {
      simdjson::ondemand::document document;
      const simdjson::padded_string_view line(padded.data() + at, size, size + simdjson::SIMDJSON_PADDING);
      if (parser.iterate(line).get(document) != simdjson::SUCCESS) return;
      std::string_view level = document["level"];
      const uint64_t pid = document["pid"];
      int64_t timestamp = document["timestamp"];
      std::string_view message = document["message"];
      std::string_view context = document["context"];
      benchmark::DoNotOptimize(timestamp);
      total += level.size() + context.size() + message.size() + pid;
    });
  }
  Report(state, total);
}
BENCHMARK(SimdjsonOndemand);

}  // namespace
}  // namespace logmill

BENCHMARK_MAIN();
