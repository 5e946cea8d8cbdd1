// What does it cost to make requests of records? A batch of 1,000 generated Gallery lines, as each store wants it, next to a plain copy of
// the lines and to snappy or gzip alone. The shipping threads share the machine with those that count, so all of this is CPU time taken
// from them.
#include <benchmark/benchmark.h>
#include <snappy.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/gallery_log.h"
#include "ingest/decoder.h"
#include "shipping/elasticsearch.h"
#include "shipping/gzip.h"
#include "shipping/loki.h"
#include "shipping/otlp.h"

namespace logmill {
namespace {

constexpr size_t kRecords = 1000;
constexpr int64_t kStart = 1'795'338'275'310'000'000;

// What a ShipBatch holds.
struct Batch {
  std::vector<std::string> texts;  // level, context, message, line of each record
  std::vector<ShipRecord> records;
  std::string lines;  // all of them in a row
};

void Add(const Record& record, Batch& batch) {
  const auto keep = [&](std::string_view text) -> std::string_view { return batch.texts.emplace_back(text); };
  ShipRecord& shipped = batch.records.emplace_back();
  const size_t number = batch.records.size();
  shipped = {.id = {number, ~number},
             .time_ns = kStart + static_cast<int64_t>(number) * 1'000'000,
             .read_ms = kStart / 1'000'000,
             .format = record.format,
             .message_type = record.message.type,
             .level = keep(record.level),
             .context = keep(record.context),
             .message = keep(record.message.text),
             .pid = record.pid,
             .source = "gallery",
             .stream = "/var/log/gallery/server.log",
             .line = keep(record.line)};
  batch.lines += record.line;
}

Batch Generate() {
  Batch batch;
  batch.texts.reserve(4 * kRecords);
  bench::Truth truth;
  bench::GalleryLog log(1, truth);
  Decoder decoder{Decoder::Options()};
  std::string line;
  while (batch.records.size() < kRecords) {
    line.clear();
    log.AppendLine(line);
    line.pop_back();
    Record record;
    if (decoder.Decode(line, false, &record) == Reject::kNone) Add(record, batch);
  }
  return batch;
}

const Batch& TheBatch() {
  static const Batch batch = Generate();
  return batch;
}

// `bytes`: of a batch's requests.
void Report(benchmark::State& state, size_t bytes) {
  const Batch& batch = TheBatch();
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(batch.lines.size()));
  const double records = static_cast<double>(state.iterations()) * kRecords;
  state.counters["record_time"] = benchmark::Counter(records, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["records"] = benchmark::Counter(records, benchmark::Counter::kIsRate);
  state.counters["request/lines"] = static_cast<double>(bytes) / static_cast<double>(batch.lines.size());
}

// Bytes of all requests, when the server takes everything; those that are not packed are gzipped, if wanted.
size_t EncodeAll(Protocol& protocol, Gzip* gzip) {
  const Batch& batch = TheBatch();
  size_t bytes = 0;
  const auto count = [&](const ProtocolRequest& request) {
    bytes += gzip != nullptr && !request.packed ? gzip->Pack(request.body).size() : request.body.size();
    return HttpReply{.status = 204, .headers = {}, .body = {}};
  };
  const HttpReply reply = count(protocol.Encode(batch.records));
  benchmark::DoNotOptimize(protocol.Confirm(reply, batch.records, count));
  return bytes;
}

void Run(benchmark::State& state, std::unique_ptr<Protocol> protocol, bool packed) {
  Gzip gzip;
  size_t bytes = 0;
  for (auto _ : state) bytes = EncodeAll(*protocol, packed ? &gzip : nullptr);
  Report(state, bytes);
}

void Copy(benchmark::State& state) {
  const std::string& lines = TheBatch().lines;
  std::vector<char> copy(lines.size());
  for (auto _ : state) {
    std::memcpy(copy.data(), lines.data(), lines.size());
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
  Report(state, lines.size());
}
BENCHMARK(Copy);

void SnappyAlone(benchmark::State& state) {
  const std::string& lines = TheBatch().lines;
  std::vector<char> packed(snappy::MaxCompressedLength(lines.size()));
  size_t bytes = 0;
  for (auto _ : state) {
    snappy::RawCompress(lines.data(), lines.size(), packed.data(), &bytes);
    benchmark::DoNotOptimize(bytes);
  }
  Report(state, bytes);
}
BENCHMARK(SnappyAlone);

void GzipAlone(benchmark::State& state) {
  Gzip gzip;
  size_t bytes = 0;
  for (auto _ : state) bytes = gzip.Pack(TheBatch().lines).size();
  Report(state, bytes);
}
BENCHMARK(GzipAlone);

void LokiProtobufSnappy(benchmark::State& state) { Run(state, MakeLoki({}), true); }
BENCHMARK(LokiProtobufSnappy);

void LokiJson(benchmark::State& state) { Run(state, MakeLoki({.json = true}), false); }
BENCHMARK(LokiJson);

void OtlpProtobuf(benchmark::State& state) { Run(state, MakeOtlp({}), false); }
BENCHMARK(OtlpProtobuf);

void OtlpProtobufGzip(benchmark::State& state) { Run(state, MakeOtlp({}), true); }
BENCHMARK(OtlpProtobufGzip);

void OtlpJson(benchmark::State& state) { Run(state, MakeOtlp({.json = true}), false); }
BENCHMARK(OtlpJson);

void ElasticsearchBulk(benchmark::State& state) { Run(state, MakeElasticsearch({}), false); }
BENCHMARK(ElasticsearchBulk);

void ElasticsearchBulkGzip(benchmark::State& state) { Run(state, MakeElasticsearch({}), true); }
BENCHMARK(ElasticsearchBulkGzip);

}  // namespace
}  // namespace logmill
