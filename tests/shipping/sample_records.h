// Records for tests of the spool, and what they are in words, so that two can be compared.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "shipping/ship_batch.h"
#include "shipping/ship_record.h"
#include "shipping/spool.h"
#include "shipping/spool_batch.h"
#include "shipping/spool_reader.h"
#include "shipping/spool_record.h"

namespace logmill::testing {

inline std::string Words(const ShipRecord& record) {
  std::string words = FormatRecordId(record.id) + " " + std::to_string(record.time_ns) + " " + std::to_string(record.read_ms);
  words += " " + std::to_string(static_cast<int>(record.format)) + std::to_string(record.cut) + std::to_string(record.console);
  words += std::to_string(static_cast<int>(record.message_type)) + " " + (record.pid ? std::to_string(*record.pid) : "none");
  for (const std::string_view text : {record.level, record.context, record.message, record.source, record.stream, record.line}) {
    words += " <" + std::string(text) + ">";
  }
  return words;
}

// As the spool has it.
inline std::string SpoolPayload(const ShipRecord& record) {
  std::string payload(MostSpoolRecordBytes(record), '\0');
  const std::string_view texts = EncodeSpoolRecord(record, payload.data());
  payload.resize(static_cast<size_t>(texts.data() + texts.size() - payload.data()));
  return payload;
}

// A line and a record of it. Not to be moved: the record looks into the line.
class SampleRecord {
 public:
  explicit SampleRecord(uint64_t number, size_t padding = 0) {
    line_ = R"({"level":"warn","context":"Sample","message":"number )" + std::to_string(number) + std::string(padding, '.') + R"("})";
    const std::string_view line = line_;
    record.id = {~number, number};
    record.time_ns = static_cast<int64_t>(1'795'338'275'310'000'000 + number);
    record.read_ms = static_cast<int64_t>(1'795'338'275'310 + number);
    record.level = line.substr(10, 4);
    record.context = line.substr(27, 6);
    record.message = line.substr(46, line.size() - 48);
    record.message_type = Value::Type::kString;
    record.format = RecordFormat::kJson;
    record.pid = 17;
    record.source = "gallery";
    record.stream = "/var/log/gallery.log";
    record.line = line;
  }
  SampleRecord(const SampleRecord&) = delete;
  SampleRecord& operator=(const SampleRecord&) = delete;

  ShipRecord record;

 private:
  std::string line_;
};

// Appends so many records, numbered from `from` on, in one batch.
inline std::expected<void, std::string> AppendSamples(Spool& spool, uint64_t from, size_t count, size_t padding = 0) {
  SpoolBatch batch(spool.key());
  for (size_t i = 0; i < count; ++i) batch.Add(SampleRecord(from + i, padding).record);
  return spool.Append(batch);
}

// The low half of the ids: SampleRecord's numbers.
inline std::vector<uint64_t> Numbers(const ShipBatch& batch) {
  std::vector<uint64_t> numbers;
  for (const ShipRecord& record : batch.records()) numbers.push_back(record.id.low);
  return numbers;
}

inline std::vector<uint64_t> ReadNumbers(SpoolReader& reader) {
  ShipBatch batch;
  while (reader.Next(batch)) continue;
  return Numbers(batch);
}

inline std::vector<uint64_t> ReadNumbers(const Spool& spool, uint64_t sequence = 1) {
  SpoolReader reader(spool, sequence);
  return ReadNumbers(reader);
}

inline std::vector<uint64_t> Range(uint64_t from, uint64_t end) {
  std::vector<uint64_t> numbers;
  for (; from < end; ++from) numbers.push_back(from);
  return numbers;
}

}  // namespace logmill::testing
