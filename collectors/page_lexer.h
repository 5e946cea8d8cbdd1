// One line of a metrics page, taken apart. Views into the line; nothing is unescaped yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// `# HELP name text`, `# TYPE name word`; all other comments are kOther.
struct CommentLine {
  enum class Kind : uint8_t { kOther, kHelp, kType };
  Kind kind = Kind::kOther;
  std::string_view name;
  std::string_view text;
};

// `line` begins with `#`.
CommentLine LexComment(std::string_view line);

// `name{label="value",...} value timestamp`, in OpenMetrics with an exemplar (` # {...} 1`) behind it.
struct SampleLine {
  struct Label {
    std::string_view name;
    std::string_view value;  // between the quotes, escaped

    friend bool operator==(const Label&, const Label&) = default;
  };
  std::string_view name;
  std::vector<Label> labels;
  std::string_view value;
};

// Null when `line` is a sample, else what is wrong with it, in a few words; `*sample` then holds what was read until there. Whether the
// value is a number is not looked at. Overwrites all of `*sample`; keep it, to save allocations.
const char* LexSample(std::string_view line, bool openmetrics, SampleLine* sample);

// Without the blanks (space, tab, carriage return) on both sides.
std::string_view Trimmed(std::string_view text);

// Replaces `\\`, `\n`, and `\"` when `quotes`; other backslashes stay. Overwrites `*out`.
void Unescape(std::string_view text, bool quotes, std::string* out);

// A decimal number, NaN, Inf, +Inf, -Inf (or Infinity, in any case); as Go reads them, but no hexadecimal, and none that is too large or
// too small for a double.
std::optional<double> ReadValue(std::string_view text);

// A number of things: whole and not negative; below 2^64 when written in digits only, else below 2^63.
std::optional<uint64_t> ReadCount(std::string_view text);

}  // namespace logmill
