// Any body, in each form and decompressed: its records are parts of it, in order, and lines are those that a plain loop finds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sources/http_records.h"

namespace {

constexpr size_t kMostLineBytes = 100;
constexpr size_t kMostBytes = 10'000;

void Require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string_view> Split(std::string_view body, logmill::HttpRecordForm form, bool* refused) {
  std::vector<std::string_view> records;
  const auto refusal = logmill::SplitRecords(body, form, kMostLineBytes, [&records](std::string_view record) {
    records.push_back(record);
    return true;
  });
  *refused = refusal.has_value();
  Require(!refusal || refusal->status == 400 || refusal->status == 413);
  const char* behind = body.data();
  for (const std::string_view record : records) {
    Require(record.data() >= behind && !record.empty() && record.size() <= kMostLineBytes);
    behind = record.data() + record.size();
  }
  Require(records.empty() || behind <= body.data() + body.size());
  return records;
}

void CheckLines(std::string_view body) {
  bool refused = false;
  const auto records = Split(body, logmill::HttpRecordForm::kLines, &refused);
  std::vector<std::string> plain(1);
  for (const char c : body) c == '\n' ? (void)plain.emplace_back() : plain.back().push_back(c);
  size_t next = 0;
  for (std::string& line : plain) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() > kMostLineBytes) return Require(refused);
    if (!line.empty()) Require(next < records.size() && records[next++] == line);
  }
  Require(!refused && next == records.size());
}

void CheckJson(std::string_view body) {
  bool refused = false;
  for (const std::string_view record : Split(body, logmill::HttpRecordForm::kJson, &refused)) {
    Require(record.front() == '{' && (record.back() == '}' || record.back() == ']'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  CheckLines(body);
  CheckJson(body);
  if (const auto text = logmill::Gunzipped(body, kMostBytes)) Require(text->size() <= kMostBytes);
  (void)logmill::FormOf(body);
  return 0;
}
