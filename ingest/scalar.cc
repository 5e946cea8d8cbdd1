#include "ingest/scalar.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "ingest/json_text.h"

namespace logmill {
namespace {

constexpr double kInt64Limit = 9223372036854775808.0;
constexpr double kExactInteger = 9007199254740992.0;

bool HasNumber(Value::Type type) { return type == Value::Type::kNumber || type == Value::Type::kString; }

template <typename Unsigned>
uint64_t Load(const char* p) {
  Unsigned bytes;
  std::memcpy(&bytes, p, sizeof(bytes));
  return bytes;
}

constexpr uint64_t kEightZeros = 0x3030303030303030;

// One to eight characters, the last one highest, with zeros before the first.
uint64_t EightCharacters(const char* p, size_t size) {
  uint64_t characters = kEightZeros;
  if (size >= 4) {  // two halves that may overlap
    const size_t zeros = 8 * (8 - size);
    return (characters & ((uint64_t{1} << zeros) - 1)) | Load<uint32_t>(p) << zeros | Load<uint32_t>(p + size - 4) << 32;
  }
  for (size_t i = 0; i < size; ++i) characters = characters >> 8 | uint64_t{static_cast<unsigned char>(p[i])} << 56;
  return characters;
}

// The same where eight can be read at `p`.
uint64_t FirstOfEight(const char* p, size_t size) {
  const size_t zeros = 8 * (8 - size);
  return (kEightZeros & ((uint64_t{1} << zeros) - 1)) | Load<uint64_t>(p) << zeros;
}

// The number that eight digits are, added up in pairs, then fours, then all: three multiplications instead of eight.
uint64_t EightDigitNumber(uint64_t digits) {
  digits -= kEightZeros;
  digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
  digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
  return (digits * 10000 + (digits >> 32)) & 0xFFFFFFFF;
}

// What is written in sixteen digits, the first eight and the last.
int64_t SixteenDigitNumber(uint64_t front, uint64_t back) {
  return static_cast<int64_t>(EightDigitNumber(front) * 100000000 + EightDigitNumber(back));
}

// One to sixteen digits and nothing else, on a little-endian machine.
bool ParseDigits(std::string_view text, int64_t* integer) {
  if (std::endian::native != std::endian::little || text.empty() || text.size() > 16) return false;
  const bool longer = text.size() > 8;
  const uint64_t back = longer ? Load<uint64_t>(text.data() + text.size() - 8) : EightCharacters(text.data(), text.size());
  const uint64_t front = longer ? FirstOfEight(text.data(), text.size() - 8) : kEightZeros;
  if (json::LeadingDigits(back) != 8 || json::LeadingDigits(front) != 8) return false;
  *integer = SixteenDigitNumber(front, back);
  return true;
}

// Nine to sixteen digits that are known to be a JSON number, as a time most often is. What else can stand in one (+ - . e E) lacks a bit
// that all digits have.
bool ParseLongNumber(std::string_view number, int64_t* integer) {
  constexpr uint64_t kDigitBits = 0x1010101010101010;
  if (std::endian::native != std::endian::little || number.size() <= 8 || number.size() > 16) return false;
  const uint64_t front = FirstOfEight(number.data(), number.size() - 8);
  const uint64_t back = Load<uint64_t>(number.data() + number.size() - 8);
  if ((front & back & kDigitBits) != kDigitBits) return false;
  *integer = SixteenDigitNumber(front, back);
  return true;
}

// What std::from_chars does for a whole text, faster for the usual ones.
bool ParseInteger(std::string_view text, int64_t* integer) {
  if (ParseDigits(text, integer)) return true;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *integer);
  return error == std::errc() && stop == end;
}

// from_chars would take "inf" and "nan" too.
std::optional<double> ParseDouble(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool Round(double number, int64_t* integer) {
  const double rounded = std::round(number);
  if (!(std::abs(rounded) < kInt64Limit)) return false;
  *integer = static_cast<int64_t>(rounded);
  return true;
}

// By its size: seconds until the year 5138, milliseconds until then too, and so on.
double MillisPerUnit(double number, TimestampUnit unit) {
  const double size = std::abs(number);
  switch (unit) {
    case TimestampUnit::kSeconds:
      return 1e3;
    case TimestampUnit::kNanoseconds:
      return 1e-6;
    case TimestampUnit::kAuto:
      return size < 1e11 ? 1e3 : size < 1e14 ? 1 : size < 1e17 ? 1e-3 : 1e-6;
    default:
      return 1;
  }
}

// Integers are scaled without rounding them first.
bool ScaleInteger(int64_t number, TimestampUnit unit, int64_t* unix_ms) {
  const double millis_per_unit = MillisPerUnit(static_cast<double>(number), unit);
  if (millis_per_unit > 1) return !__builtin_mul_overflow(number, static_cast<int64_t>(millis_per_unit), unix_ms);
  *unix_ms = millis_per_unit == 1 ? number : number / static_cast<int64_t>(std::llround(1 / millis_per_unit));
  return true;
}

// Reads fixed-width fields from the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return text_.empty(); }
  [[nodiscard]] char front() const { return text_.empty() ? '\0' : text_.front(); }
  char Next() {
    const char c = front();
    if (!text_.empty()) text_.remove_prefix(1);
    return c;
  }
  bool Skip(std::string_view any_of) {
    const bool found = !text_.empty() && any_of.find(text_.front()) != std::string_view::npos;
    if (found) text_.remove_prefix(1);
    return found;
  }
  void Require(std::string_view any_of) { ok_ &= Skip(any_of); }
  int Digits(int count, int low, int high) {
    int number = 0;
    for (int i = 0; i < count; ++i) {
      const char c = Next();
      ok_ &= c >= '0' && c <= '9';
      number = number * 10 + (c - '0');
    }
    ok_ &= ok_ && number >= low && number <= high;
    return ok_ ? number : low;
  }
  // The first three digits of a fraction; the others are read over.
  int Millis() {
    int millis = 0;
    int scale = 100;
    ok_ &= front() >= '0' && front() <= '9';
    for (; front() >= '0' && front() <= '9'; scale /= 10) millis += (Next() - '0') * scale;
    return millis;
  }

 private:
  std::string_view text_;
  bool ok_ = true;
};

int DaysInMonth(int year, int month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Days since 1970-01-01 in the Gregorian calendar: years are counted from March, so that the leap day comes last.
int64_t DaysSinceEpoch(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t march_month = (month + 9) % 12;
  const int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

int64_t OffsetMinutes(Fields& in) {
  if (in.Skip("Zz")) return 0;
  const int sign = in.front() == '-' ? -1 : 1;
  in.Require("+-");
  const int hours = in.Digits(2, 0, 23);
  in.Skip(":");
  return int64_t{sign} * (hours * 60 + in.Digits(2, 0, 59));
}

// TimestampOf(), whatever the text and the unit. Kept out of the way of the usual ones.
[[gnu::noinline]] bool AnyTimestampOf(Value::Type type, std::string_view text, TimestampUnit unit, int64_t* unix_ms) {
  if (!HasNumber(type)) return false;
  if (unit != TimestampUnit::kRfc3339) {
    int64_t integer = 0;
    if (ParseInteger(text, &integer)) return ScaleInteger(integer, unit, unix_ms);
    if (const auto number = ParseDouble(text)) return Round(*number * MillisPerUnit(*number, unit), unix_ms);
  }
  const auto time = type == Value::Type::kString ? ParseRfc3339(text) : std::nullopt;
  if (time) *unix_ms = *time;
  return time.has_value();
}

}  // namespace

bool IntegerOf(Value::Type type, std::string_view text, int64_t* integer) {
  if (!HasNumber(type)) return false;
  if (ParseInteger(text, integer)) return true;
  const auto number = ParseDouble(text);
  if (!number || std::abs(*number) > kExactInteger || *number != std::trunc(*number)) return false;
  *integer = static_cast<int64_t>(*number);
  return true;
}

bool TimestampOf(Value::Type type, std::string_view text, TimestampUnit unit, int64_t* unix_ms) {
  const bool plain = type == Value::Type::kNumber && unit == TimestampUnit::kMilliseconds;
  return (plain && ParseLongNumber(text, unix_ms)) || AnyTimestampOf(type, text, unit, unix_ms);
}

std::optional<int64_t> ParseRfc3339(std::string_view text) {
  Fields in(text);
  const int year = in.Digits(4, 0, 9999);
  in.Require("-");
  const int month = in.Digits(2, 1, 12);
  in.Require("-");
  const int day = in.Digits(2, 1, DaysInMonth(year, month));
  in.Require("Tt ");
  const int hour = in.Digits(2, 0, 23);
  in.Require(":");
  const int minute = in.Digits(2, 0, 59);
  in.Require(":");
  const int second = in.Digits(2, 0, 60);
  const int millis = in.Skip(".,") ? in.Millis() : 0;
  const int64_t offset = OffsetMinutes(in);
  if (!in.ok() || !in.done()) return std::nullopt;
  const int64_t minutes = (DaysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offset;
  return (minutes * 60 + second) * 1000 + millis;
}

}  // namespace logmill
