#include "rules/filters.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rules/quantity.h"
#include "rules/route.h"
#include "rules/uuid.h"

namespace logmill {
namespace {

using Arguments = std::span<const std::string>;

constexpr std::string_view kSpace = " \t\r\n\v\f";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

void Lower(std::string_view in, Arguments, std::string* out) {
  for (char c : in) *out += ToLower(c);
}

void Upper(std::string_view in, Arguments, std::string* out) {
  for (char c : in) *out += ToUpper(c);
}

void Trim(std::string_view in, Arguments, std::string* out) {
  const size_t begin = in.find_first_not_of(kSpace);
  if (begin != std::string_view::npos) *out += in.substr(begin, in.find_last_not_of(kSpace) - begin + 1);
}

void Default(std::string_view in, Arguments arguments, std::string* out) { *out += in.empty() ? std::string_view(arguments[0]) : in; }

void Enum(std::string_view in, Arguments arguments, std::string* out) {
  const bool known = std::find(arguments.begin(), arguments.end(), in) != arguments.end();
  *out += known ? in : "other";
}

void StatusClass(std::string_view in, Arguments, std::string* out) {
  const bool status = in.size() == 3 && in[0] >= '1' && in[0] <= '5' && IsDigit(in[1]) && IsDigit(in[2]);
  *out += status ? in.substr(0, 1) : "other";
  if (status) *out += "xx";
}

void Route(std::string_view in, Arguments, std::string* out) { AppendRoute(in, out); }

void Uuid(std::string_view in, Arguments, std::string* out) {
  for (size_t i = 0; i < in.size();) {
    if (StartsWithUuid(in.substr(i))) {
      *out += ":uuid";
      i += kUuidSize;
    } else {
      *out += in[i++];
    }
  }
}

// A number is digits, with further digits after dots: 12, 10.07, 10.0.0.1.
void Number(std::string_view in, Arguments, std::string* out) {
  for (size_t i = 0; i < in.size();) {
    if (!IsDigit(in[i])) {
      *out += in[i++];
      continue;
    }
    while (i < in.size() && (IsDigit(in[i]) || (in[i] == '.' && i + 1 < in.size() && IsDigit(in[i + 1])))) ++i;
    *out += ":n";
  }
}

// Multiplies and divides by exact numbers, so that the result is rounded once.
template <int64_t kMultiply, int64_t kDivide>
std::optional<double> Scale(std::string_view in) {
  const auto number = ParseNumber(in);
  if (!number) return std::nullopt;
  const double scaled = *number * static_cast<double>(kMultiply) / static_cast<double>(kDivide);
  return std::isfinite(scaled) ? std::optional(scaled) : std::nullopt;
}

constexpr Filter LabelFilter(std::string_view name, Filter::TextFunction text, bool safe, uint16_t min = 0, uint16_t max = 0) {
  return {name, min, max, true, false, safe, text, nullptr};
}
constexpr Filter TextFilter(std::string_view name, Filter::TextFunction text, uint16_t arguments = 0) {
  return {name, arguments, arguments, true, true, false, text, nullptr};
}
constexpr Filter NumberFilter(std::string_view name, Filter::NumberFunction number) {
  return {name, 0, 0, false, true, false, nullptr, number};
}

constexpr uint16_t kMaxEnum = 256;

constexpr Filter kFilters[] = {
    TextFilter("lower", Lower),
    TextFilter("upper", Upper),
    TextFilter("trim", Trim),
    TextFilter("default", Default, 1),
    LabelFilter("enum", Enum, true, 1, kMaxEnum),
    LabelFilter("status_class", StatusClass, true),
    LabelFilter("route", Route, true),
    LabelFilter("uuid", Uuid, false),
    LabelFilter("number", Number, false),
    NumberFilter("ms_to_seconds", Scale<1, 1'000>),
    NumberFilter("seconds_to_ms", Scale<1'000, 1>),
    NumberFilter("us_to_ms", Scale<1, 1'000>),
    NumberFilter("us_to_seconds", Scale<1, 1'000'000>),
    NumberFilter("ns_to_ms", Scale<1, 1'000'000>),
    NumberFilter("ns_to_seconds", Scale<1, 1'000'000'000>),
    NumberFilter("minutes_to_seconds", Scale<60, 1>),
    NumberFilter("percent_to_ratio", Scale<1, 100>),
    NumberFilter("kib_to_bytes", Scale<int64_t{1} << 10, 1>),
    NumberFilter("mib_to_bytes", Scale<int64_t{1} << 20, 1>),
    NumberFilter("gib_to_bytes", Scale<int64_t{1} << 30, 1>),
    NumberFilter("kb_to_bytes", Scale<1'000, 1>),
    NumberFilter("mb_to_bytes", Scale<1'000'000, 1>),
    NumberFilter("gb_to_bytes", Scale<1'000'000'000, 1>),
    NumberFilter("duration_ms", ParseDurationMs),
    NumberFilter("duration_seconds", ParseDurationSeconds),
    NumberFilter("bytes", ParseBytes),
};

void AppendNumber(double number, std::string* out) {
  char text[32];
  out->append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void RunOne(const FilterCall& call, std::string* text, std::string* scratch) {
  const Filter& filter = kFilters[call.filter];
  scratch->clear();
  if (filter.text != nullptr) {
    filter.text(*text, call.arguments, scratch);
  } else if (const auto number = filter.number(*text)) {
    AppendNumber(*number, scratch);
  }
  text->swap(*scratch);
}

}  // namespace

std::span<const Filter> FilterTable() { return kFilters; }

std::optional<uint16_t> FindFilter(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Filter& filter) { return filter.name == name; });
  if (found == std::end(kFilters)) return std::nullopt;
  return static_cast<uint16_t>(found - std::begin(kFilters));
}

void RunFilters(std::span<const FilterCall> calls, std::string* text, std::string* scratch) {
  for (const FilterCall& call : calls) RunOne(call, text, scratch);
}

std::optional<double> RunValueFilters(std::span<const FilterCall> calls, std::string* text, std::string* scratch) {
  if (calls.empty()) return ParseNumber(*text);
  RunFilters(calls.first(calls.size() - 1), text, scratch);
  const Filter& last = kFilters[calls.back().filter];
  if (last.number != nullptr) return last.number(*text);
  RunOne(calls.back(), text, scratch);
  return ParseNumber(*text);
}

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace logmill
