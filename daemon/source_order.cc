#include "daemon/source_order.h"

#include <algorithm>
#include <filesystem>
#include <variant>

#include "sources/glob.h"

namespace logmill {
namespace {

// What all that a pattern matches begins with.
std::string_view Beginning(std::string_view pattern) { return pattern.substr(0, pattern.find_first_of("*?[\\")); }

// As far as the patterns tell. Two paths are the same file only if they are equal, which no configuration has.
bool MayShare(const std::string& first, const std::string& pattern) {
  if (first.empty() || pattern.empty()) return false;
  if (!IsGlob(pattern)) return IsGlob(first) && MatchesGlob(first, pattern);
  if (!IsGlob(first)) return MatchesGlob(pattern, first);
  const std::string_view one = Beginning(first);
  const std::string_view two = Beginning(pattern);
  return one.starts_with(two) || two.starts_with(one);
}

}  // namespace

SourceOrder::SourceOrder(const std::vector<SourceConfig>& sources) : sources_(sources) {
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto* files = std::get_if<FileOptions>(&sources[i].input);
    const std::string& pattern = patterns_.emplace_back(files == nullptr ? "" : std::filesystem::path(files->pattern).lexically_normal());
    if (pattern.empty()) continue;
    (IsGlob(pattern) ? globs_ : paths_).push_back(i);
    first_.try_emplace(pattern, i);
  }
}

std::optional<Overlap> SourceOrder::OverlapOf(size_t index) const {
  const std::string& pattern = patterns_[index];
  if (pattern.empty()) return std::nullopt;
  if (const size_t first = first_.at(pattern); first < index) return Overlap{Overlap::Kind::kSame, first};
  const bool glob = IsGlob(pattern);
  for (const size_t other : glob ? paths_ : globs_) {
    if (other > index) break;
    if (!glob && MatchesGlob(patterns_[other], pattern)) return Overlap{Overlap::Kind::kPart, other};
    if (glob && MatchesGlob(pattern, patterns_[other] + ".1")) return Overlap{Overlap::Kind::kRotated, other};
  }
  return std::nullopt;
}

std::vector<SharedFiles::Entry> SourceOrder::Before(size_t index) const {
  std::vector<SharedFiles::Entry> before;
  for (size_t first = 0; first < index; ++first) {
    if (MayShare(patterns_[first], patterns_[index])) before.push_back({.pattern = patterns_[first], .name = sources_[first].name});
  }
  return before;
}

}  // namespace logmill
