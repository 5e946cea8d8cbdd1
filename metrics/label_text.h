// Texts that come from outside, made fit for the exposition.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace logmill {

// Label values longer than this are cut (at a character's border): a series' memory is bounded whatever a log line holds.
inline constexpr size_t kMaxLabelValueBytes = 1024;

// Valid UTF-8 without NUL, which scrapers take for the end of the text.
bool IsCleanText(std::string_view text);

// The text with every malformed sequence (as Unicode's "maximal subpart") and every NUL replaced by U+FFFD.
std::string CleanText(std::string_view text);

// What a label value becomes in the store: cut, then cleaned. Applying it twice changes nothing more.
bool IsFitLabelValue(std::string_view value);
std::string FitLabelValue(std::string_view value);

// Appends with `\` and newline escaped, and `"` as well when `quotes`.
void AppendEscaped(std::string& out, std::string_view text, bool quotes);

// `a="x",b="y"`; as many values as names.
std::string RenderLabels(std::span<const std::string> names, std::span<const std::string_view> values);

}  // namespace logmill
