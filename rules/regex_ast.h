// A regex as a tree: the part of RE2's syntax that the fast ways understand. Not a second regex engine: what this parser does not know, or
// what could mean anything else than RE2 says, it refuses, and RE2 alone does the work.
// Syntax: https://github.com/google/re2/wiki/Syntax
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// Bytes. In a class that holds any non-ASCII character all bytes from 0x80 are set: true to RE2 on valid UTF-8 only.
using ByteSet = std::bitset<256>;

struct RegexNode {
  enum class Kind {
    kLiteral,    // `literal`, never empty
    kClass,      // one character of `set`
    kRepeat,     // children[0], `min` to `max` times (max -1: no limit), `lazy` or greedy
    kConcat,     // children one after the other; none: matches the empty text
    kAlternate,  // the first child that leads to a match
    kCapture,    // children[0], remembered as group `capture` (from 1)
    kBegin,      // ^ at the beginning of the text
    kEnd,        // $ at the end of the text
    kZeroWidth,  // another assertion: \b, \B; ^ and $ of lines, behind (?m)
  };
  Kind kind = Kind::kConcat;
  std::string literal;
  ByteSet set;
  int min = 0;
  int max = 0;
  bool lazy = false;
  int capture = 0;
  std::vector<RegexNode> children;
};

// Nothing when the regex has a construct that this parser does not know.
std::optional<RegexNode> ParseRegex(std::string_view regex);

// Texts of which at least one occurs in everything that the regex matches. Empty when nothing can be said (or only texts shorter than
// two bytes). At most 16 texts.
std::vector<std::string> RequiredLiterals(const RegexNode& root);

// How every match of an anchored regex (`^...`) begins.
struct RegexStart {
  ByteSet first;       // bytes that can stand first
  std::string prefix;  // text that stands first; may be empty
};
// Nothing when the regex is not anchored, or can match the empty text.
std::optional<RegexStart> AnchoredStart(const RegexNode& root);

}  // namespace logmill
