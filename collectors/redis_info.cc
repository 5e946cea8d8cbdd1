#include "collectors/redis_info.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace logmill {
namespace {

bool ByName(const RedisInfo::Field& a, const RedisInfo::Field& b) { return a.name < b.name; }

// Takes what stands before `separator` off the front of `rest`, and the separator.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const std::string_view taken = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
  return taken;
}

std::optional<RedisInfo::Field> SplitAt(char separator, std::string_view text) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  return RedisInfo::Field{text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

RedisInfo::RedisInfo(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#')) continue;
    if (const auto field = SplitAt(':', line)) fields_.push_back(*field);
  }
  std::ranges::stable_sort(fields_, ByName);
  const auto again = std::ranges::unique(fields_, {}, &Field::name);
  fields_.erase(again.begin(), again.end());
}

std::string_view RedisInfo::Text(std::string_view name) const {
  const auto found = std::ranges::lower_bound(fields_, name, {}, &Field::name);
  return found != fields_.end() && found->name == name ? found->value : std::string_view();
}

std::optional<double> RedisInfo::Number(std::string_view name) const { return ParseRedisNumber(Text(name)); }

std::vector<RedisInfo::Field> RedisInfo::Under(std::string_view prefix) const {
  std::vector<Field> found;
  for (auto field = std::ranges::lower_bound(fields_, prefix, {}, &Field::name); field != fields_.end() && field->name.starts_with(prefix);
       ++field) {
    found.push_back({field->name.substr(prefix.size()), field->value});
  }
  return found;
}

std::optional<double> ParseRedisNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number) || std::signbit(number)) return std::nullopt;
  return number;
}

std::vector<RedisInfo::Field> RedisParts(std::string_view value) {
  std::vector<RedisInfo::Field> parts;
  while (!value.empty()) {
    if (const auto part = SplitAt('=', TakeUntil(value, ','))) parts.push_back(*part);
  }
  return parts;
}

std::optional<double> RedisPart(std::string_view value, std::string_view name) {
  while (!value.empty()) {
    const auto part = SplitAt('=', TakeUntil(value, ','));
    if (part && part->name == name) return ParseRedisNumber(part->value);
  }
  return std::nullopt;
}

}  // namespace logmill
