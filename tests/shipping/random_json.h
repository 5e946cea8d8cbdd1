// JSON as hostile producers may write it, for tests: always valid, seeded.
#pragma once

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace logmill {

class RandomJson {
 public:
  explicit RandomJson(uint64_t seed) : random_(seed) {}

  size_t Below(size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random_); }

  std::string Object(size_t depth) {
    std::string out = Space() + "{";
    const size_t members = Below(6);
    for (size_t i = 0; i < members; ++i) out += (i == 0 ? "" : ",") + Space() + Key() + Space() + ":" + Value(depth) + Space();
    return out + "}";
  }

  std::string Value(size_t depth) {
    switch (Below(depth == 0 ? 6 : 9)) {
      case 0:
      case 1:
        return String();
      case 2:
      case 3:
        return std::string(Pick<8>({"0", "-0", "12.5", "1e400", "-1E-400", "18446744073709551616", "1795339335403",
                                    "3.141592653589793238462643383279502884197169"}));
      case 4:
      case 5:
        return std::string(Pick<3>({"true", "false", "null"}));
      case 6:
        return Array(depth - 1);
      case 7:
        return Nest(Below(40));
      default:
        return Object(depth - 1);
    }
  }

  std::string String() {
    std::string out = "\"";
    const size_t pieces = Below(5);
    for (size_t i = 0; i < pieces; ++i) {
      out += Pick<12>(
          {"a", "level", " ", "\\n", "\\u0000", "\\ud83d\\ude00", "\\ud800", "é", "\xF0\x9F\x98\x80", "\\\"", "\\\\", "\xE2\x80\xA8"});
    }
    if (Below(50) == 0) out += std::string(40'000, 'x');
    return out + "\"";
  }

 private:
  template <size_t N>
  std::string_view Pick(const std::array<std::string_view, N>& choices) {
    return choices[Below(N)];
  }

  std::string Key() {
    if (Below(3) == 0) return String();
    return "\"" +
           std::string(Pick<14>(
               {"", ".", "..", "a", "a.b", "a.", "level", "pid", "timestamp", "message", "context", "stack", "\\u0000", "service"})) +
           "\"";
  }

  std::string Array(size_t depth) {
    std::string out = "[";
    const size_t elements = Below(5);
    for (size_t i = 0; i < elements; ++i) out += (i == 0 ? "" : ",") + Value(depth);
    return out + Space() + "]";
  }

  static std::string Nest(size_t depth) {
    std::string out;
    for (size_t i = 0; i < depth; ++i) out += i % 2 == 0 ? "{\"n\":" : "[";
    out += "1";
    for (size_t i = depth; i-- > 0;) out += i % 2 == 0 ? "}" : "]";
    return out;
  }

  std::string Space() { return std::string(Pick<4>({"", "", " ", "\t\n"})); }

  std::mt19937_64 random_;
};

}  // namespace logmill
