#include "rules/quantity.h"

#include <cmath>
#include <string>

#include "rules/filters.h"

namespace logmill {
namespace {

struct Unit {
  std::string_view name;
  double size;
};

constexpr Unit kNanoseconds[] = {{"ns", 1},  {"us", 1e3}, {"\xC2\xB5s", 1e3}, {"\xCE\xBCs", 1e3}, {"ms", 1e6},
                                 {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12},      {"d", 8.64e13}};
constexpr Unit kBytes[] = {{"b", 1},        {"kb", 1e3},     {"mb", 1e6},     {"gb", 1e9},     {"tb", 1e12},   {"pb", 1e15},
                           {"kib", 0x1p10}, {"mib", 0x1p20}, {"gib", 0x1p30}, {"tib", 0x1p40}, {"pib", 0x1p50}};

template <size_t kCount>
std::optional<double> SizeOf(const Unit (&units)[kCount], std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.size;
  }
  return std::nullopt;
}

bool IsNumberChar(char c) { return (c >= '0' && c <= '9') || c == '.'; }

void SkipSpaces(std::string_view* text) { text->remove_prefix(std::min(text->find_first_not_of(' '), text->size())); }

template <typename Predicate>
std::string_view TakeWhile(std::string_view* text, Predicate predicate) {
  size_t size = 0;
  while (size < text->size() && predicate((*text)[size])) ++size;
  const std::string_view taken = text->substr(0, size);
  text->remove_prefix(size);
  SkipSpaces(text);
  return taken;
}

// Takes a number and a unit off the front of `*text`.
std::optional<double> TakeNanoseconds(std::string_view* text) {
  const auto number = ParseNumber(TakeWhile(text, IsNumberChar));
  const auto unit = SizeOf(kNanoseconds, TakeWhile(text, [](char c) { return !IsNumberChar(c) && c != ' '; }));
  if (!number || !unit) return std::nullopt;
  return *number * *unit;
}

std::optional<double> ParseDuration(std::string_view text, double nanoseconds_per_unit) {
  if (const auto plain = ParseNumber(text)) return plain;
  double sum = 0;
  do {
    const auto part = TakeNanoseconds(&text);
    if (!part) return std::nullopt;
    sum += *part;
  } while (!text.empty());
  const double result = sum / nanoseconds_per_unit;
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

}  // namespace

std::optional<double> ParseDurationMs(std::string_view text) { return ParseDuration(text, 1e6); }

std::optional<double> ParseDurationSeconds(std::string_view text) { return ParseDuration(text, 1e9); }

std::optional<double> ParseBytes(std::string_view text) {
  if (const auto plain = ParseNumber(text)) return plain;
  const auto number = ParseNumber(TakeWhile(&text, IsNumberChar));
  constexpr size_t kLongestUnit = 3;
  if (!number || text.size() > kLongestUnit) return std::nullopt;
  const auto unit = SizeOf(kBytes, Lower(text));
  if (!unit) return std::nullopt;
  const double result = *number * *unit;
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

}  // namespace logmill
