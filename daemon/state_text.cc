#include "daemon/state_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "metrics/exact_sum.h"
#include "metrics/number_text.h"

namespace logmill {
namespace {

using Out = std::back_insert_iterator<std::string>;

// Of one valid sequence.
uint32_t CodePoint(std::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return first;
  uint32_t point = first & (0x7Fu >> sequence.size());
  for (const char byte : sequence.substr(1)) point = point << 6 | (static_cast<uint8_t>(byte) & 0x3F);
  return point;
}

bool IsHarmless(uint32_t point) {
  static constexpr std::pair<uint32_t, uint32_t> kHarmful[] = {{0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},      {0x61C, 0x61C},
                                                               {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},  {0xFE00, 0xFE0F},
                                                               {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF}};
  return std::ranges::none_of(kHarmful, [point](const auto& range) { return range.first <= point && point <= range.second; });
}

std::string TimeText(int64_t unix_ms) {
  const int64_t rest = (unix_ms % 1000 + 1000) % 1000;
  const std::time_t seconds = unix_ms / 1000 - (unix_ms % 1000 < 0 ? 1 : 0);
  std::tm parts{};
  char text[64];
  if (::gmtime_r(&seconds, &parts) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
    return fmt::format("{} ms after 1970", unix_ms);
  }
  return fmt::format("{}.{:03}Z", text, rest);
}

std::string Number(double value) {
  std::string text;
  AppendValue(text, value);
  return text;
}

std::string_view TypeName(MetricType type) {
  return type == MetricType::kCounter ? "counter" : type == MetricType::kGauge ? "gauge" : "histogram";
}

std::string_view MidLine(const Position& position) { return position.mid_line ? ", in the middle of a line" : ""; }

void AppendFile(const Position& position, Out out) {
  const FilePosition& file = position.file;
  fmt::format_to(out, "  {} file {}\n", Printable(position.source), Printable(file.path));
  fmt::format_to(out, "      device:inode {}:{}, size {}, read {}, offset {}, pending {} bytes{}{}{}\n", file.id.device, file.id.inode,
                 file.size, file.read, position.offset, position.pending.size(), MidLine(position), file.moved ? ", moved" : "",
                 file.finished ? ", finished" : "");
}

void AppendPosition(const Position& position, Out out) {
  if (!position.file.path.empty()) return AppendFile(position, out);
  fmt::format_to(out, "  {} ", Printable(position.source));
  if (position.cursor.empty()) {
    fmt::format_to(out, "cannot be replayed");
  } else {
    fmt::format_to(out, "cursor {}", Printable(position.cursor));
  }
  fmt::format_to(out, "\n      offset {}, pending {} bytes{}\n", position.offset, position.pending.size(), MidLine(position));
}

void AppendFamily(const FamilyState& family, Out out) {
  uint64_t writes = 0;
  ExactSum sum;
  for (const SeriesState& series : family.series) {
    writes += series.writes;
    sum.Add(ExactSum(series.sum));
  }
  fmt::format_to(out, "  {} {} {}: {} series, {} {}", TypeName(family.type), Printable(family.name),
                 fmt::format("{:016x}", family.fingerprint), family.series.size(), writes,
                 family.type == MetricType::kHistogram ? "observations" : "writes");
  if (family.type != MetricType::kGauge) fmt::format_to(out, ", sum {}", Number(sum.ToDouble()));
  fmt::format_to(out, "\n");
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable = "\"";
  while (!text.empty()) {
    const Utf8Sequence first = FirstUtf8Sequence(text);
    const std::string_view sequence = text.substr(0, first.bytes);
    text.remove_prefix(first.bytes);
    if (sequence == "\"" || sequence == "\\") printable += '\\';
    if (first.valid && IsHarmless(CodePoint(sequence))) {
      printable += sequence;
    } else {
      for (const char byte : sequence) fmt::format_to(std::back_inserter(printable), "\\x{:02x}", static_cast<uint8_t>(byte));
    }
  }
  return printable + '"';
}

std::string StateText(const CheckpointFile& file) {
  const Checkpoint& checkpoint = *file.content;
  size_t series = 0;
  for (const FamilyState& family : checkpoint.series.families) series += family.series.size();
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out, "checkpoint {}\n", Printable(file.name));
  fmt::format_to(out, "  format {}, generation {}, {} bytes\n", kCheckpointFormat, checkpoint.generation, file.bytes);
  fmt::format_to(out, "  written {} by logmill {}\n", TimeText(checkpoint.written_ms), Printable(checkpoint.version));
  fmt::format_to(out, "positions: {}\n", checkpoint.positions.size());
  for (const Position& position : checkpoint.positions) AppendPosition(position, out);
  fmt::format_to(out, "metrics: {}, series: {}\n", checkpoint.series.families.size(), series);
  for (const FamilyState& family : checkpoint.series.families) AppendFamily(family, out);
  fmt::format_to(out, "counts: {}\n", checkpoint.counts.size());
  for (const auto& [key, value] : checkpoint.counts) fmt::format_to(out, "  {} {}\n", Printable(key), value);
  return text;
}

}  // namespace logmill
