// One regex of a rule. RE2 says what it means; literals and the linear matcher make it fast.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/linear_matcher.h"

namespace re2 {
class RE2;
}

namespace logmill {

// Immutable, shared by all threads.
class Pattern {
 public:
  // `regex` must be one that RE2 accepts (the loader has made sure).
  explicit Pattern(std::string_view regex);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // Whether the regex is found in `text`, and where its groups are: `captures` holds groups() views into `text`, empty ones for groups that
  // took no part. `valid_utf8`: the caller knows that the text is valid UTF-8 (else only RE2 is asked).
  bool Match(std::string_view text, bool valid_utf8, std::span<std::string_view> captures) const;
  // The same by RE2 alone: the reference.
  bool MatchByRe2(std::string_view text, std::span<std::string_view> captures) const;

  [[nodiscard]] size_t groups() const { return groups_; }
  // One of these occurs in every text that matches; empty when nothing is known.
  [[nodiscard]] const std::vector<std::string>& literals() const { return literals_; }
  [[nodiscard]] bool linear() const { return linear_.has_value(); }
  // How every match begins, for anchored regexes.
  [[nodiscard]] const std::optional<RegexStart>& start() const { return start_; }

 private:
  [[nodiscard]] bool MayMatch(std::string_view text) const;

  std::unique_ptr<re2::RE2> re2_;
  std::optional<LinearMatcher> linear_;
  std::vector<std::string> literals_;
  size_t groups_ = 0;
  std::optional<RegexStart> start_;
};

}  // namespace logmill
