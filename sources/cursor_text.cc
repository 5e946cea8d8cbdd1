#include "sources/cursor_text.h"

#include <charconv>
#include <cstdint>

namespace logmill {
namespace {

constexpr std::string_view kVersion = "1;";
constexpr size_t kHashDigits = 16;

std::string HashText(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  std::string digits(kHashDigits, '0');
  for (size_t i = kHashDigits; i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
  return digits;
}

void AppendPart(std::string_view part, std::string& out) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
  out += ',';
}

std::optional<std::string_view> TakePart(std::string_view& text) {
  size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const auto digits = static_cast<size_t>(end - text.data());
  const size_t left = text.size() - digits;
  if (error != std::errc() || left < 2 || size > left - 2 || text[digits] != ':' || text[digits + 1 + size] != ',') return std::nullopt;
  const std::string_view part = text.substr(digits + 1, size);
  text.remove_prefix(digits + size + 2);
  return part;
}

}  // namespace

std::string WriteCursors(const CursorMap& cursors) {
  std::string out(kVersion);
  for (const auto& [key, cursor] : cursors) {
    AppendPart(key, out);
    AppendPart(cursor, out);
  }
  return out + HashText(out);
}

std::optional<CursorMap> ReadCursors(std::string_view text) {
  if (!text.starts_with(kVersion) || text.size() < kVersion.size() + kHashDigits) return std::nullopt;
  std::string_view parts = text.substr(0, text.size() - kHashDigits);
  if (text.substr(parts.size()) != HashText(parts)) return std::nullopt;
  parts.remove_prefix(kVersion.size());
  CursorMap cursors;
  while (!parts.empty()) {
    const auto key = TakePart(parts);
    const auto cursor = key ? TakePart(parts) : std::nullopt;
    if (!cursor) return std::nullopt;
    cursors.insert_or_assign(std::string(*key), std::string(*cursor));
  }
  return cursors;
}

}  // namespace logmill
