// What does a record cost on its way into the spool and out of it, beside copying its line, and beside writing the bytes of the log?
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "bench/gallery_log.h"
#include "shipping/spool.h"
#include "shipping/spool_reader.h"

namespace logmill {
namespace {

constexpr size_t kLines = 20'000;
constexpr size_t kBatchBytes = 128 << 10;

// Lines of a Gallery log as records. Level, context and message stand in the line, as those of most records do.
class Log {
 public:
  Log() {
    bench::Truth truth;
    bench::GalleryLog log(1, truth);
    for (size_t i = 0; i < kLines; ++i) log.AppendLine(text_);
    for (std::string_view rest = text_; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      const auto part = [&](size_t from, size_t bytes) { return line.substr(std::min(from, line.size()), bytes); };
      records_.push_back({.id = {1, records_.size()},
                          .time_ns = 1,
                          .read_ms = 1,
                          .level = part(10, 3),
                          .context = part(20, 9),
                          .message = part(line.size() / 2, line.size()),
                          .source = "gallery",
                          .stream = "/var/log/gallery/server.log",
                          .line = line});
    }
  }
  [[nodiscard]] const std::vector<ShipRecord>& records() const { return records_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<ShipRecord> records_;
};

const Log& TheLog() {
  static const Log log;
  return log;
}

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "logmill_bench_XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void PerRecord(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kLines));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * TheLog().text().size()));
}

void CopyLines(benchmark::State& state) {
  std::string buffer(2 * kBatchBytes, '\0');
  for (auto _ : state) {
    size_t at = 0;
    for (const ShipRecord& record : TheLog().records()) {
      std::memcpy(buffer.data() + at, record.line.data(), record.line.size());
      at = at > kBatchBytes ? 0 : at + record.line.size();
      benchmark::ClobberMemory();
    }
  }
  PerRecord(state);
}

void AddToBatch(benchmark::State& state) {
  SpoolBatch batch{SpoolKey(RandomSpoolSalt())};
  for (auto _ : state) {
    for (const ShipRecord& record : TheLog().records()) {
      batch.Add(record);
      if (batch.bytes() > kBatchBytes) batch.Clear();
    }
  }
  PerRecord(state);
}

void WriteRawLog(benchmark::State& state) {
  const Folder folder;
  const int file = ::open(folder.Path("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  for (auto _ : state) {
    for (std::string_view rest = TheLog().text(); !rest.empty(); rest.remove_prefix(std::min(rest.size(), kBatchBytes))) {
      if (::write(file, rest.data(), std::min(rest.size(), kBatchBytes)) < 0) state.SkipWithError("cannot write");
    }
    state.PauseTiming();
    if (::ftruncate(file, 0) != 0 || ::lseek(file, 0, SEEK_SET) != 0) state.SkipWithError("cannot begin again");
    state.ResumeTiming();
  }
  ::close(file);
  PerRecord(state);
}

bool AppendAll(Spool& spool, SpoolBatch& batch) {
  for (const ShipRecord& record : TheLog().records()) {
    batch.Add(record);
    if (batch.bytes() > kBatchBytes && !spool.Append(batch)) return false;
  }
  return spool.Append(batch).has_value();
}

void AddAndAppend(benchmark::State& state) {
  const Folder folder;
  const auto spool = Spool::Open({.folder = folder.Path("spool")}, SystemClock());
  if (!spool) return state.SkipWithError("no spool");
  SpoolBatch batch((*spool)->key());
  for (auto _ : state) {
    if (!AppendAll(**spool, batch)) state.SkipWithError("cannot append");
    state.PauseTiming();
    (*spool)->Release((*spool)->next_sequence());
    state.ResumeTiming();
  }
  PerRecord(state);
}

void ReadBack(benchmark::State& state) {
  const Folder folder;
  const auto spool = Spool::Open({.folder = folder.Path("spool")}, SystemClock());
  if (!spool) return state.SkipWithError("no spool");
  SpoolBatch batch((*spool)->key());
  if (!AppendAll(**spool, batch)) return state.SkipWithError("cannot append");
  ShipBatch read;
  for (auto _ : state) {
    SpoolReader reader(**spool, 1);
    size_t records = 0;
    for (; reader.Next(read); ++records) {
      if (read.bytes() > (size_t{1} << 20)) read.Clear();
    }
    if (records != kLines) state.SkipWithError("records are missing");
  }
  PerRecord(state);
}

BENCHMARK(CopyLines)->Unit(benchmark::kMillisecond);
BENCHMARK(AddToBatch)->Unit(benchmark::kMillisecond);
BENCHMARK(WriteRawLog)->Unit(benchmark::kMillisecond);
BENCHMARK(AddAndAppend)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadBack)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace logmill
