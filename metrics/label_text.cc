#include "metrics/label_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace logmill {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// A NUL is a character, but not one that we keep.
Utf8Sequence FirstSequence(std::string_view text) {
  if (text[0] == '\0') return {1, false};
  return FirstUtf8Sequence(text);
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
    const Utf8Sequence first = FirstSequence(text);
    if (!first.valid) return false;
    text.remove_prefix(first.bytes);
  }
  return true;
}

std::string CleanText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Sequence first = FirstSequence(text);
    out += first.valid ? text.substr(0, first.bytes) : kReplacement;
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
