#include "rules/literal_automaton.h"

#include <algorithm>
#include <map>
#include <queue>

namespace logmill {
namespace {

constexpr size_t kTableEntriesWanted = size_t{64} << 10;  // 256 KiB: half of a common second-level cache
constexpr std::array<size_t, 5> kLengths = {16, 12, 8, 6, 4};

struct TrieNode {
  std::map<uint8_t, uint32_t> children;
  std::vector<uint32_t> ids;
  uint32_t fallback = 0;
};

std::vector<TrieNode> BuildTrie(const std::vector<LiteralEntry>& entries, size_t length) {
  std::vector<TrieNode> trie(1);
  for (const auto& entry : entries) {
    uint32_t at = 0;
    for (const char c : std::string_view(entry.literal).substr(0, length)) {
      const auto byte = static_cast<uint8_t>(c);
      auto [child, added] = trie[at].children.try_emplace(byte, static_cast<uint32_t>(trie.size()));
      at = child->second;
      if (added) trie.emplace_back();
    }
    trie[at].ids.push_back(entry.id);
  }
  return trie;
}

size_t ByteKinds(const std::vector<LiteralEntry>& entries) {
  std::array<bool, 256> used{};
  for (const auto& entry : entries) {
    for (const char c : entry.literal) used[static_cast<uint8_t>(c)] = true;
  }
  return static_cast<size_t>(std::count(used.begin(), used.end(), true));
}

// The longest length whose table fits.
std::vector<TrieNode> BuildFittingTrie(const std::vector<LiteralEntry>& entries) {
  const size_t kinds = ByteKinds(entries) + 1;
  for (const size_t length : kLengths) {
    auto trie = BuildTrie(entries, length);
    if (trie.size() * kinds <= kTableEntriesWanted || length == kLengths.back()) return trie;
  }
  return {};
}

// Breadth first: nearer states come first, and their fallbacks are known before they are needed.
std::vector<uint32_t> LinkFallbacks(std::vector<TrieNode>& trie) {
  std::vector<uint32_t> order{0};
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t node = order[i];
    for (const auto& [byte, child] : trie[node].children) {
      uint32_t fallback = trie[node].fallback;
      while (fallback != 0 && !trie[fallback].children.contains(byte)) fallback = trie[fallback].fallback;
      const auto link = trie[fallback].children.find(byte);
      trie[child].fallback = (node != 0 && link != trie[fallback].children.end()) ? link->second : 0;
      const auto& inherited = trie[trie[child].fallback].ids;
      trie[child].ids.insert(trie[child].ids.end(), inherited.begin(), inherited.end());
      order.push_back(child);
    }
  }
  return order;
}

}  // namespace

LiteralAutomaton::LiteralAutomaton(const std::vector<LiteralEntry>& entries) {
  if (entries.empty()) {
    next_.assign(1, 0);
    first_output_ = 1;
    outputs_.assign(1, 0);
    return;
  }
  Build(entries);
}

void LiteralAutomaton::Build(const std::vector<LiteralEntry>& entries) {
  std::vector<TrieNode> trie = BuildFittingTrie(entries);
  std::vector<uint32_t> order = LinkFallbacks(trie);
  for (const TrieNode& node : trie) {
    for (const auto& [byte, child] : node.children) {
      if (classes_[byte] == 0) classes_[byte] = static_cast<uint16_t>(class_count_++);
    }
  }
  // States that end a literal get the highest numbers, so that one comparison finds them.
  std::vector<uint32_t> numbered = order;
  std::stable_partition(numbered.begin(), numbered.end(), [&](uint32_t node) { return trie[node].ids.empty(); });
  std::vector<uint32_t> state_of(trie.size());
  outputs_.push_back(0);
  first_output_ = static_cast<uint32_t>(trie.size()) * class_count_;
  for (uint32_t i = 0; i < numbered.size(); ++i) {
    const TrieNode& node = trie[numbered[i]];
    state_of[numbered[i]] = i * class_count_;
    if (node.ids.empty()) continue;
    first_output_ = std::min(first_output_, i * class_count_);
    ids_.insert(ids_.end(), node.ids.begin(), node.ids.end());
    outputs_.push_back(static_cast<uint32_t>(ids_.size()));
  }
  next_.assign(trie.size() * class_count_, 0);
  for (const uint32_t node : order) {
    const uint32_t row = state_of[node];
    const uint32_t fallback_row = state_of[trie[node].fallback];
    if (node != 0) std::copy_n(next_.begin() + fallback_row, class_count_, next_.begin() + row);
    for (const auto& [byte, child] : trie[node].children) next_[row + classes_[byte]] = state_of[child];
  }
}

}  // namespace logmill
