// A matcher for regexes that need no second thoughts: after every repeated class comes something that the class cannot hold, so
// there is one way to match, found in one walk over the text. About ten times as fast as RE2 with captures.
// It must agree with RE2 on every valid UTF-8 text (tests/rules/pattern_test.cc holds it to that).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/regex_ast.h"

namespace logmill {

// Immutable after Compile(); shared by all threads.
class LinearMatcher {
 public:
  // Nothing when the regex does not have the property, or when searching could take more than linear time.
  static std::optional<LinearMatcher> Compile(const RegexNode& root);

  enum class Result : uint8_t { kMatch, kNoMatch, kGaveUp };

  // Searches `text` (valid UTF-8) as RE2's unanchored match does. On kMatch captures[i] is group i + 1 (empty when it took no part).
  // kGaveUp: many false starts, ask RE2 (keeps hostile text linear). Reads only `text`.
  Result Search(std::string_view text, std::span<std::string_view> captures) const;

 private:
  struct Op {
    enum class Kind : uint8_t { kLiteral, kSpan, kAlternatives, kOptional, kOptionalEnd, kOpen, kClose, kEnd };
    Kind kind;
    uint32_t index = 0;  // kLiteral, kSpan, kAlternatives: into the tables; kOptional: op after its kOptionalEnd; kOpen, kClose: group - 1
    uint32_t min = 0;    // kSpan
    uint32_t max = 0;    // kSpan
  };
  using ByteTable = std::vector<uint8_t>;  // 256 entries, 1 = in the class

  class Compiler;
  bool MatchAt(const char* at, const char* end, std::span<std::string_view> captures) const;
  const char* RunSpan(const Op& op, const char* at, const char* end) const;
  const char* RunAlternatives(const Op& op, const char* at, const char* end) const;

  std::vector<Op> ops_;
  std::vector<std::string> literals_;
  std::vector<ByteTable> classes_;
  std::vector<std::vector<std::string>> alternatives_;
  bool anchored_ = false;
  std::string prefix_;  // not anchored: what every match begins with
};

}  // namespace logmill
