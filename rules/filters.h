// The filters of templates: pure functions on text, all linear. docs/rules.md says what each does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/label_template.h"

namespace logmill {

// A filter makes either text or a number.
struct Filter {
  // Appends the result for `in` to `*out` (`in` is not part of it).
  using TextFunction = void (*)(std::string_view in, std::span<const std::string> arguments, std::string* out);
  // The number that `in` means, or nothing.
  using NumberFunction = std::optional<double> (*)(std::string_view in);

  std::string_view name;
  uint16_t min_arguments = 0;
  uint16_t max_arguments = 0;
  bool for_labels = false;
  bool for_values = false;
  bool safe = false;            // the result is no personal data, whatever the input
  TextFunction text = nullptr;  // one of the two is set
  NumberFunction number = nullptr;
};

// All filters; FilterCall::filter is an index into this.
std::span<const Filter> FilterTable();
std::optional<uint16_t> FindFilter(std::string_view name);

// Runs all filters of a label on `*text`, in place. `*scratch` is overwritten; keep it to save allocations.
void RunFilters(std::span<const FilterCall> calls, std::string* text, std::string* scratch);

// Runs all filters of a value on `*text` (which is used up) and reads the result as ParseNumber() does.
std::optional<double> RunValueFilters(std::span<const FilterCall> calls, std::string* text, std::string* scratch);

// The whole of `text` as a finite decimal number: digits with optional minus, fraction and exponent (`-1.5e3`). No plus in front, no
// hexadecimal, no white space, no infinity; nothing when it is too large for a double.
std::optional<double> ParseNumber(std::string_view text);

}  // namespace logmill
