#include "metrics/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace logmill {
namespace {

constexpr double kTwoTo63 = 0x1p63;
using Buffer = std::array<char, 32>;  // longer than any shortest double or 64-bit integer

template <class... Args>
std::string_view Print(Buffer& buffer, Args... args) {
  const std::to_chars_result result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), args...);
  return {buffer.data(), static_cast<size_t>(result.ptr - buffer.data())};
}

std::string_view Special(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

}  // namespace

void AppendInteger(std::string& out, uint64_t value) {
  Buffer buffer;
  out += Print(buffer, value);
}

void AppendValue(std::string& out, double value) {
  Buffer buffer;
  if (!std::isfinite(value)) {
    out += Special(value);
  } else if (std::fabs(value) < kTwoTo63 && value == static_cast<double>(static_cast<int64_t>(value))) {
    out += Print(buffer, static_cast<int64_t>(value));
  } else {
    out += Print(buffer, value);
  }
}

std::string BoundText(double bound, bool openmetrics) {
  if (!std::isfinite(bound)) return std::string(Special(bound));
  Buffer buffer;
  std::string text(Print(buffer, bound, std::chars_format::scientific));
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  if (exponent >= -4 && exponent < 6) text = Print(buffer, bound, std::chars_format::fixed);
  if (openmetrics && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void AppendSeconds(std::string& out, int64_t unix_ms) {
  if (unix_ms < 0) {
    out += '-';
    unix_ms = -unix_ms;
  }
  AppendInteger(out, static_cast<uint64_t>(unix_ms / 1000));
  if (unix_ms % 1000 == 0) return;
  const std::string padded = std::to_string(1000 + unix_ms % 1000);
  out += '.';
  out += padded.substr(1);
}

}  // namespace logmill
