#include "metrics/label_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace logmill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The sequence at the start of a text: its bytes, and whether they are a character we keep.
struct Sequence {
  size_t bytes;
  bool good;
};

// What may follow a lead byte: how many bytes, and the range of the first of them (the others are 80..BF).
struct Follow {
  size_t count;
  uint8_t low;
  uint8_t high;
};

Follow FollowOf(uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

Sequence FirstSequence(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {1, lead != 0};
  Follow follow = FollowOf(lead);
  if (follow.count == 0) return {1, false};
  for (size_t i = 1; i <= follow.count; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte < follow.low || byte > follow.high) return {i, false};
    follow.low = 0x80;
    follow.high = 0xBF;
  }
  return {follow.count + 1, true};
}

// How many bytes of plain ASCII without NUL the text surely begins with (a multiple of 8).
size_t PlainPrefix(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    if (((word | (word - kOnes)) & (kOnes << 7)) != 0) break;
  }
  return at;
}

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

bool IsCleanText(std::string_view text) {
  text.remove_prefix(PlainPrefix(text));
  while (!text.empty()) {
    const Sequence first = FirstSequence(text);
    if (!first.good) return false;
    text.remove_prefix(first.bytes);
  }
  return true;
}

std::string CleanText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Sequence first = FirstSequence(text);
    out += first.good ? text.substr(0, first.bytes) : kReplacement;
    text.remove_prefix(first.bytes);
  }
  return out;
}

bool IsFitLabelValue(std::string_view value) { return value.size() <= kMaxLabelValueBytes && IsCleanText(value); }

std::string FitLabelValue(std::string_view value) {
  std::string clean = CleanText(value.substr(0, kMaxLabelValueBytes + 4));
  if (clean.size() <= kMaxLabelValueBytes) return clean;
  size_t end = kMaxLabelValueBytes;
  while (IsContinuation(clean[end])) --end;
  clean.resize(end);
  return clean;
}

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  const std::string_view special = quotes ? "\\\n\"" : "\\\n";
  for (size_t at = 0; at < text.size();) {
    const size_t next = std::min(text.find_first_of(special, at), text.size());
    out += text.substr(at, next - at);
    if (next < text.size()) {
      out += '\\';
      out += text[next] == '\n' ? 'n' : text[next];
    }
    at = next + 1;
  }
}

std::string RenderLabels(std::span<const std::string> names, std::span<const std::string_view> values) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    out += names[i];
    out += "=\"";
    AppendEscaped(out, values[i], true);
    out += '"';
  }
  return out;
}

}  // namespace logmill
