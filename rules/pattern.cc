#include "rules/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace logmill {

Pattern::Pattern(std::string_view regex) {
  RE2::Options options;
  options.set_log_errors(false);
  re2_ = std::make_unique<RE2>(re2::StringPiece(regex.data(), regex.size()), options);
  groups_ = static_cast<size_t>(std::max(0, re2_->NumberOfCapturingGroups()));
  const auto tree = ParseRegex(regex);
  if (!tree) return;
  literals_ = RequiredLiterals(*tree);
  linear_ = LinearMatcher::Compile(*tree);
  start_ = AnchoredStart(*tree);
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

bool Pattern::Match(std::string_view text, bool valid_utf8, std::span<std::string_view> captures) const {
  if (!linear_ || !valid_utf8) return MayMatch(text) && MatchByRe2(text, captures);
  const LinearMatcher::Result result = linear_->Search(text, captures);
  if (result == LinearMatcher::Result::kGaveUp) return MatchByRe2(text, captures);
  return result == LinearMatcher::Result::kMatch;
}

bool Pattern::MayMatch(std::string_view text) const {
  if (literals_.empty()) return true;
  return std::any_of(literals_.begin(), literals_.end(),
                     [text](const std::string& literal) { return text.find(literal) != std::string_view::npos; });
}

bool Pattern::MatchByRe2(std::string_view text, std::span<std::string_view> captures) const {
  constexpr size_t kOnStack = 17;
  std::array<re2::StringPiece, kOnStack> few;
  std::vector<re2::StringPiece> many;
  re2::StringPiece* pieces = few.data();
  if (groups_ + 1 > kOnStack) {
    many.resize(groups_ + 1);
    pieces = many.data();
  }
  // Without captures RE2 need not look for where the match is: asking for nothing is its fastest way.
  const int wanted = groups_ == 0 ? 0 : static_cast<int>(groups_) + 1;
  if (!re2_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED, pieces, wanted)) return false;
  for (size_t i = 0; i < groups_; ++i) captures[i] = std::string_view(pieces[i + 1].data(), pieces[i + 1].size());
  return true;
}

}  // namespace logmill
