#include "sources/docker_cursor.h"

#include <charconv>

namespace logmill {
namespace {

template <class Number>
void Append(Number number, std::string& out) {
  char digits[24];
  if (!out.empty()) out += ' ';
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class Number>
bool Take(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.empty()) return true;
  if (text.front() != ' ' || text.size() == 1) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string DockerCursor::Text() const {
  std::string text;
  Append(since_ns, text);
  Append(floor_ns, text);
  for (const Mark& mark : marks) {
    Append(mark.time_ns, text);
    Append(mark.count, text);
  }
  return text;
}

std::optional<DockerCursor> DockerCursor::Parse(std::string_view text) {
  DockerCursor cursor;
  if (!Take(text, cursor.since_ns) || !Take(text, cursor.floor_ns)) return std::nullopt;
  for (Mark& mark : cursor.marks) {
    if (!Take(text, mark.time_ns) || !Take(text, mark.count)) return std::nullopt;
  }
  const bool negative = cursor.since_ns < 0 || cursor.floor_ns < 0 || cursor.marks[0].time_ns < 0 || cursor.marks[1].time_ns < 0;
  return text.empty() && !negative ? std::optional(cursor) : std::nullopt;
}

}  // namespace logmill
