#include "ingest/scalar.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

namespace logmill {
namespace {

using enum Value::Type;

std::optional<int64_t> MillisOf(const std::string& text, Value::Type type = kNumber) {
  int64_t unix_ms = 0;
  return TimestampOf(type, text, TimestampUnit::kMilliseconds, &unix_ms) ? std::optional(unix_ms) : std::nullopt;
}

// What the number says, by the standard library.
std::optional<int64_t> Expected(const std::string& text) {
  int64_t integer = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error == std::errc() && stop == text.data() + text.size()) return integer;
  const double number = std::round(std::strtod(text.c_str(), nullptr));
  return std::abs(number) < 9223372036854775808.0 ? std::optional(static_cast<int64_t>(number)) : std::nullopt;
}

TEST(TimestampMillis, DigitsOfEveryLength) {
  std::mt19937_64 random(3);
  for (size_t size = 1; size <= 19; ++size) {
    for (int i = 0; i < 1000; ++i) {
      std::string text;
      while (text.size() < size) text += static_cast<char>('0' + random() % 10);
      if (text[0] == '0') text[0] = '1';
      EXPECT_EQ(MillisOf(text), Expected(text)) << text;
      EXPECT_EQ(MillisOf(text, kString), Expected(text)) << text;
    }
  }
}

// The other characters of JSON numbers, at each place where they can stand.
TEST(TimestampMillis, NumbersThatAreNoPlainDigits) {
  for (const std::string digits : {"123456789", "1795339470123", "1234567890123456"}) {
    EXPECT_EQ(MillisOf("-" + digits), Expected("-" + digits));
    for (size_t place = 1; place < digits.size(); ++place) {
      const std::string before = digits.substr(0, place);
      const std::string after = digits.substr(place);
      EXPECT_EQ(MillisOf(before + "." + after), Expected(before + "." + after));
      for (const char* exponent : {"e", "E", "e+", "E-"}) {
        const std::string text = before + exponent + after.substr(0, 2);
        EXPECT_EQ(MillisOf(text), Expected(text)) << text;
      }
    }
  }
}

TEST(TimestampMillis, AStringWithAnythingButDigitsIsNoNumber) {
  const std::string digits = "1795339470123";
  for (size_t place = 0; place < digits.size(); ++place) {
    for (const char other : {' ', '/', ':', 'p', '\x10', '\xB1', '\0'}) {
      std::string text = digits;
      text[place] = other;
      EXPECT_EQ(MillisOf(text, kString), std::nullopt) << place << " " << static_cast<int>(other);
    }
  }
  for (const Value::Type type : {kAbsent, kNull, kBool, kObject, kArray}) EXPECT_EQ(MillisOf(digits, type), std::nullopt);
}

}  // namespace
}  // namespace logmill
