#include "rules/wording.h"

#include "base/diagnostic.h"

namespace logmill {

std::string Quote(std::string_view text) {
  constexpr size_t kMost = 60;
  std::string quoted = "\"";
  return quoted.append(text.substr(0, kMost)).append(text.size() > kMost ? "...\"" : "\"");
}

std::string JoinNames(std::span<const std::string_view> names) {
  std::string joined;
  for (std::string_view name : names) joined.append(joined.empty() ? "" : ", ").append(name);
  return joined;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view nearest = NearestName(word, candidates);
  if (nearest.empty()) return {};
  return std::string("; did you mean \"").append(nearest).append("\"?");
}

}  // namespace logmill
