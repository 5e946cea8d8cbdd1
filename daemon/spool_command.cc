#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "daemon/commands.h"
#include "shipping/json_writer.h"
#include "shipping/record_json.h"
#include "shipping/spool_check.h"
#include "shipping/spool_format.h"
#include "shipping/time_text.h"

namespace logmill {
namespace {

using Segments = std::vector<SpoolSegmentCheck>;

void Complain(const std::string& sentence) { std::fprintf(stderr, "logmill: %s\n", sentence.c_str()); }

std::string Number(uint64_t number) { return std::to_string(number); }
std::string NumberOrNone(uint64_t number) { return number == 0 ? "-" : Number(number); }
std::string TimeOrNone(const SpoolSegmentCheck& segment, int64_t time_ns) { return segment.records == 0 ? "-" : FormatTime(time_ns, 0); }

std::string StateOf(const SpoolSegmentCheck& segment) {
  if (!segment.error.empty()) return "cannot be read: " + segment.error;
  std::string state = segment.whole() ? "whole" : "damaged: " + Number(segment.damaged_bytes) + " bytes";
  if (segment.missing > 0) state += ", " + Number(segment.missing) + " records missing";
  if (segment.torn_bytes > 0) state += ", unfinished end of " + Number(segment.torn_bytes) + " bytes";
  return state;
}

constexpr size_t kColumns = 8;
using Row = std::array<std::string, kColumns>;

Row RowOf(const SpoolSegmentCheck& segment) {
  return {segment.name,
          Number(segment.bytes),
          Number(segment.records),
          NumberOrNone(segment.first),
          NumberOrNone(segment.last),
          TimeOrNone(segment, segment.oldest_ns),
          TimeOrNone(segment, segment.newest_ns),
          StateOf(segment)};
}

void PrintRow(const Row& row, const std::array<size_t, kColumns>& widths) {
  std::string line;
  for (size_t i = 0; i < kColumns; ++i) {
    const std::string gap(widths[i] - std::min(widths[i], row[i].size()), ' ');
    const bool is_number = i >= 1 && i <= 4;
    line += (i == 0 ? "" : "  ") + (is_number ? gap + row[i] : i + 1 == kColumns ? row[i] : row[i] + gap);
  }
  std::printf("%s\n", line.c_str());
}

void PrintTable(const Segments& segments) {
  std::vector<Row> rows{{"segment", "bytes", "records", "first", "last", "oldest", "newest", "state"}};
  std::ranges::transform(segments, std::back_inserter(rows), RowOf);
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) PrintRow(row, widths);
}

void PrintDamage(const Segments& segments) {
  for (const SpoolSegmentCheck& segment : segments) {
    for (const SpoolDamage& damage : segment.damage) {
      std::printf("%s: damaged from byte %" PRIu64 " to %" PRIu64 "\n", segment.name.c_str(), damage.offset, damage.offset + damage.bytes);
    }
    if (segment.damaged_places > segment.damage.size()) {
      std::printf("%s: and in %" PRIu64 " more places\n", segment.name.c_str(), segment.damaged_places - segment.damage.size());
    }
  }
}

void PrintSum(const Segments& segments) {
  SpoolSegmentCheck sum;
  for (const SpoolSegmentCheck& segment : segments) {
    sum.bytes += segment.bytes;
    sum.records += segment.records;
    sum.missing += segment.missing;
    sum.damaged_bytes += segment.damaged_bytes;
  }
  std::printf("%zu segments, %" PRIu64 " bytes, %" PRIu64 " records; %" PRIu64 " records missing, %" PRIu64 " bytes damaged\n",
              segments.size(), sum.bytes, sum.records, sum.missing, sum.damaged_bytes);
}

std::string RecordLine(uint64_t sequence, const ShipRecord& record) {
  std::string line;
  JsonWriter json(line);
  json.BeginObject().Key("sequence").Number(sequence);
  WriteRecord(json, record);
  json.EndObject();
  return line;
}

int Print(const Segments& segments, const std::deque<std::string>& records) {
  for (const std::string& record : records) std::printf("%s\n", record.c_str());
  PrintTable(segments);
  PrintDamage(segments);
  PrintSum(segments);
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return written && std::ranges::all_of(segments, &SpoolSegmentCheck::whole) ? kExitFine : kExitNo;
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// One without segments.
bool IsSpool(const std::string& folder) { return Exists(folder + "/" + std::string(spool_format::kLock)); }

std::string NoSpool(const std::string& folder) {
  const std::string within = folder + "/spool";
  return "there is no spool in " + folder + (IsSpool(within) ? "; there is one in " + within : "");
}

bool Repair(const std::string& folder) {
  const auto kept = RepairSpool(folder);
  if (!kept) Complain(kept.error());
  for (size_t i = 0; kept && i < kept->size(); ++i) std::printf("repaired; the damaged file is kept as %s\n", (*kept)[i].c_str());
  return kept.has_value();
}

}  // namespace

int RunSpool(const std::string& folder, bool repair, uint64_t records) {
  std::error_code ignored;
  if (repair && std::filesystem::is_directory(folder, ignored) && !Repair(folder)) return kExitNo;
  std::deque<std::string> newest;
  const auto remember = [&](uint64_t sequence, const ShipRecord& record) {
    newest.push_back(RecordLine(sequence, record));
    if (newest.size() > records) newest.pop_front();
  };
  const auto segments = CheckSpool(folder, records > 0 ? OnSpoolRecord(remember) : OnSpoolRecord());
  if (segments && (!segments->empty() || IsSpool(folder))) return Print(*segments, newest);
  Complain(segments ? NoSpool(folder) : segments.error());
  return kExitNo;
}

}  // namespace logmill
