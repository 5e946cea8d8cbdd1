// Templates of label values and metric values: '$url | route', 'v${major}.${minor}'. The language stands in docs/rules.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// One piece of a template: literal text, or a value to be filled in.
struct TemplatePiece {
  enum class Kind : uint8_t { kLiteral, kCapture, kLevel, kContext, kMessage, kPid, kTimestamp, kFormat, kField };
  Kind kind = Kind::kLiteral;
  std::string text;   // literal text; capture name; field path
  uint32_t slot = 0;  // filled in by the compiler: index of the capture or of the field
};

// A filter with its arguments, looked up in the table of filters.h.
struct FilterCall {
  uint16_t filter = 0;  // index into FilterTable()
  std::vector<std::string> arguments;
};

struct LabelTemplate {
  std::vector<TemplatePiece> pieces;  // never two literals in a row
  std::vector<FilterCall> filters;

  // The text does not depend on the record.
  [[nodiscard]] bool constant() const;
  // A filter bounds the result to harmless text, so that the privacy guard need not look at it.
  [[nodiscard]] bool safe() const;
  // Nothing but one value, as it is: $x. Where this does not hold, the privacy guard looks at each value by itself too.
  [[nodiscard]] bool bare() const;
  // Different values can make the same text: a filter, or two values side by side.
  [[nodiscard]] bool ambiguous() const;
  // The filter `uuid` takes the UUIDs out before `number` could break them up.
  [[nodiscard]] bool masks_uuids() const;
};

enum class TemplateUse : uint8_t { kLabel, kValue };

// What is wrong with a template, at a byte of its text.
struct TemplateError {
  size_t offset = 0;
  std::string message;
  bool unknown_name = false;  // no mistake when the captures are not all known
};

// Keys joined by single dots: "req.method".
bool IsFieldPath(std::string_view path);

// Parses a template that may use `captures`. Adds every mistake to `errors`; the template is usable when there was none.
LabelTemplate ParseTemplate(std::string_view text, std::span<const std::string_view> captures, TemplateUse use,
                            std::vector<TemplateError>& errors);

}  // namespace logmill
