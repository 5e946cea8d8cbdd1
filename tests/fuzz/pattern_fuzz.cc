// The fast ways of a pattern against RE2: the first line is a regex, the rest a text.
#include <re2/re2.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "rules/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t newline = input.find('\n');
  if (newline == std::string_view::npos || newline > 200) return 0;
  const std::string_view regex = input.substr(0, newline);
  const std::string_view text = input.substr(newline + 1);
  // Only what the loader and the decoder would let through: a regex that RE2 takes, a text that is valid UTF-8 (here: ASCII).
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  if (!RE2(re2::StringPiece(regex.data(), regex.size()), options).ok()) return 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return 0;
  }
  const logmill::Pattern pattern(regex);
  std::vector<std::string_view> fast(pattern.groups());
  std::vector<std::string_view> slow(pattern.groups());
  const bool matches = pattern.MatchByRe2(text, slow);
  if (pattern.Match(text, true, fast) != matches) std::abort();
  if (!matches) return 0;
  if (fast != slow) std::abort();
  bool found = pattern.literals().empty();
  for (const std::string& literal : pattern.literals()) found = found || text.find(literal) != std::string_view::npos;
  if (!found) std::abort();
  return 0;
}
