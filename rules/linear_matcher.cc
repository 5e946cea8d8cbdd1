#include "rules/linear_matcher.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace logmill {
namespace {

using Kind = RegexNode::Kind;

constexpr uint32_t kNoLimit = std::numeric_limits<uint32_t>::max();
constexpr int kMaxFalseStarts = 16;
constexpr size_t kMaxOps = 200;

bool HoldsNonAscii(const ByteSet& set) { return set.test(0x80); }

ByteSet FirstByte(std::string_view text) {
  ByteSet set;
  set.set(static_cast<uint8_t>(text[0]));
  return set;
}

}  // namespace

// Turns the tree into ops, then proves that no op ever has a choice.
class LinearMatcher::Compiler {
 public:
  explicit Compiler(LinearMatcher& matcher) : m_(matcher) {}

  bool Run(const RegexNode& root) {
    const RegexNode* body = &root;
    RegexNode rest;
    if (root.kind == Kind::kBegin) return false;
    if (root.kind == Kind::kConcat && !root.children.empty() && root.children[0].kind == Kind::kBegin) {
      m_.anchored_ = true;
      rest.children.assign(root.children.begin() + 1, root.children.end());
      body = &rest;
    }
    return Emit(*body) && m_.ops_.size() <= kMaxOps && Deterministic() && FindPrefix();
  }

 private:
  using OpKind = Op::Kind;

  bool Add(OpKind kind, size_t index, uint32_t min = 0, uint32_t max = 0) {
    m_.ops_.push_back({kind, static_cast<uint32_t>(index), min, max});
    lazy_.push_back(false);
    return true;
  }

  bool Emit(const RegexNode& node) {
    switch (node.kind) {
      case Kind::kLiteral:
        m_.literals_.push_back(node.literal);
        return Add(OpKind::kLiteral, m_.literals_.size() - 1);
      case Kind::kClass:
        return EmitSpan(node.set, 1, 1, false);
      case Kind::kRepeat:
        return EmitRepeat(node);
      case Kind::kConcat:
        return std::all_of(node.children.begin(), node.children.end(), [this](const RegexNode& child) { return Emit(child); });
      case Kind::kAlternate:
        return EmitAlternatives(node);
      case Kind::kCapture: {
        const auto group = static_cast<size_t>(node.capture - 1);
        return Add(OpKind::kOpen, group) && Emit(node.children[0]) && Add(OpKind::kClose, group);
      }
      case Kind::kEnd:
        return Add(OpKind::kEnd, 0);
      default:
        return false;
    }
  }

  bool EmitSpan(const ByteSet& set, uint32_t min, uint32_t max, bool lazy) {
    // Bytes are counted, RE2 counts characters: only "one or more" and "any number" mean the same for both.
    if (HoldsNonAscii(set) && (max != kNoLimit || min > 1)) return false;
    m_.classes_.emplace_back(256);
    for (size_t byte = 0; byte < 256; ++byte) m_.classes_.back()[byte] = set.test(byte) ? 1 : 0;
    sets_.push_back(set);
    Add(OpKind::kSpan, m_.classes_.size() - 1, min, max);
    lazy_.back() = lazy;
    return true;
  }

  bool EmitRepeat(const RegexNode& node) {
    const RegexNode& child = node.children[0];
    const uint32_t max = node.max < 0 ? kNoLimit : static_cast<uint32_t>(node.max);
    if (child.kind == Kind::kClass) return EmitSpan(child.set, static_cast<uint32_t>(node.min), max, node.lazy);
    if (child.kind == Kind::kLiteral && child.literal.size() == 1 && static_cast<uint8_t>(child.literal[0]) < 0x80) {
      return EmitSpan(FirstByte(child.literal), static_cast<uint32_t>(node.min), max, node.lazy);
    }
    if (node.min != 0 || max != 1 || node.lazy || in_optional_) return false;
    in_optional_ = true;
    const size_t begin = m_.ops_.size();
    Add(OpKind::kOptional, 0);
    if (!Emit(child)) return false;
    Add(OpKind::kOptionalEnd, 0);
    m_.ops_[begin].index = static_cast<uint32_t>(m_.ops_.size());
    in_optional_ = false;
    return true;
  }

  bool EmitAlternatives(const RegexNode& node) {
    std::vector<std::string> texts;
    for (const RegexNode& child : node.children) {
      const RegexNode* branch = &child;
      if (child.kind == Kind::kConcat && child.children.size() == 1) branch = &child.children[0];
      if (branch->kind != Kind::kLiteral) return false;
      texts.push_back(branch->literal);
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      for (size_t j = 0; j < texts.size(); ++j) {
        if (i != j && texts[j].starts_with(texts[i])) return false;
      }
    }
    m_.alternatives_.push_back(std::move(texts));
    return Add(OpKind::kAlternatives, m_.alternatives_.size() - 1);
  }

  // What may stand first in a match of ops[from...]. `*certain`: something has to. A later "any number" of bytes that `before` holds as
  // well does not count: the greedy span in front has taken those already.
  ByteSet First(size_t from, bool* certain, const ByteSet& before = {}) const {
    ByteSet first;
    *certain = false;
    for (size_t i = from; i < m_.ops_.size(); ++i) {
      const Op& op = m_.ops_[i];
      switch (op.kind) {
        case OpKind::kLiteral:
          *certain = true;
          return first | FirstByte(m_.literals_[op.index]);
        case OpKind::kSpan:
          if (op.min == 0 && op.max == kNoLimit && (sets_[op.index] & ~before).none()) break;
          first |= sets_[op.index];
          if (op.min > 0) {
            *certain = true;
            return first;
          }
          break;
        case OpKind::kAlternatives:
          for (const std::string& text : m_.alternatives_[op.index]) first |= FirstByte(text);
          *certain = true;
          return first;
        case OpKind::kOptional: {
          bool ignored = false;
          first |= First(i + 1, &ignored, before);
          i = op.index - 1;
          break;
        }
        case OpKind::kEnd:
          *certain = true;
          return first;
        default:
          break;  // kOptionalEnd, kOpen, kClose
      }
    }
    return first;
  }

  bool Deterministic() const {
    for (size_t i = 0; i < m_.ops_.size(); ++i) {
      const Op& op = m_.ops_[i];
      bool certain = false;
      if (op.kind == OpKind::kSpan && op.min != op.max) {
        const ByteSet before = op.max == kNoLimit && !lazy_[i] ? sets_[op.index] : ByteSet();
        if ((sets_[op.index] & First(i + 1, &certain, before)).any()) return false;
        if (lazy_[i] && !certain) return false;
      }
      if (op.kind == OpKind::kOptional) {
        bool ignored = false;
        if ((First(i + 1, &ignored) & First(op.index, &certain)).any() || !ignored) return false;
      }
      if (op.kind == OpKind::kEnd && i + 1 != m_.ops_.size() && !OnlyClosesAfter(i)) return false;
    }
    return true;
  }

  bool OnlyClosesAfter(size_t i) const {
    return std::all_of(m_.ops_.begin() + static_cast<std::ptrdiff_t>(i) + 1, m_.ops_.end(),
                       [](const Op& op) { return op.kind == OpKind::kClose; });
  }

  bool FindPrefix() {
    if (m_.anchored_) return true;
    for (const Op& op : m_.ops_) {
      if (op.kind == OpKind::kOpen) continue;
      if (op.kind != OpKind::kLiteral) return false;
      m_.prefix_ = m_.literals_[op.index];
      return true;
    }
    return false;
  }

  LinearMatcher& m_;
  std::vector<ByteSet> sets_;  // as m_.classes_
  std::vector<bool> lazy_;     // as m_.ops_
  bool in_optional_ = false;
};

std::optional<LinearMatcher> LinearMatcher::Compile(const RegexNode& root) {
  LinearMatcher matcher;
  if (!Compiler(matcher).Run(root)) return std::nullopt;
  return matcher;
}

const char* LinearMatcher::RunSpan(const Op& op, const char* at, const char* end) const {
  const uint8_t* in_class = classes_[op.index].data();
  const char* limit = op.max < static_cast<size_t>(end - at) ? at + op.max : end;
  const char* stop = at;
  while (stop < limit && in_class[static_cast<uint8_t>(*stop)] != 0) ++stop;
  return static_cast<size_t>(stop - at) >= op.min ? stop : nullptr;
}

const char* LinearMatcher::RunAlternatives(const Op& op, const char* at, const char* end) const {
  for (const std::string& text : alternatives_[op.index]) {
    if (static_cast<size_t>(end - at) >= text.size() && std::memcmp(at, text.data(), text.size()) == 0) return at + text.size();
  }
  return nullptr;
}

bool LinearMatcher::MatchAt(const char* at, const char* end, std::span<std::string_view> captures) const {
  const char* optional_start = nullptr;  // inside an optional part: where it began
  size_t optional_op = 0;
  for (size_t i = 0; i < ops_.size(); ++i) {
    const Op& op = ops_[i];
    const char* next = at;
    switch (op.kind) {
      case Op::Kind::kLiteral: {
        const std::string& text = literals_[op.index];
        const bool equal = static_cast<size_t>(end - at) >= text.size() && std::memcmp(at, text.data(), text.size()) == 0;
        next = equal ? at + text.size() : nullptr;
        break;
      }
      case Op::Kind::kSpan:
        next = RunSpan(op, at, end);
        break;
      case Op::Kind::kAlternatives:
        next = RunAlternatives(op, at, end);
        break;
      case Op::Kind::kOptional:
        optional_start = at;
        optional_op = i;
        break;
      case Op::Kind::kOptionalEnd:
        optional_start = nullptr;
        break;
      case Op::Kind::kOpen:
        captures[op.index] = std::string_view(at, at);
        break;
      case Op::Kind::kClose:
        captures[op.index] = std::string_view(captures[op.index].begin(), at);
        break;
      case Op::Kind::kEnd:
        next = at == end ? at : nullptr;
        break;
    }
    if (next != nullptr) {
      at = next;
      continue;
    }
    if (optional_start == nullptr) return false;
    // The optional part is not there: forget its groups and go on behind it.
    for (size_t j = optional_op; j < ops_[optional_op].index; ++j) {
      if (ops_[j].kind == Op::Kind::kOpen) captures[ops_[j].index] = {};
    }
    at = optional_start;
    i = ops_[optional_op].index - 1;
    optional_start = nullptr;
  }
  return true;
}

LinearMatcher::Result LinearMatcher::Search(std::string_view text, std::span<std::string_view> captures) const {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (anchored_) return MatchAt(begin, end, captures) ? Result::kMatch : Result::kNoMatch;
  size_t from = 0;
  for (int starts = 0; starts < kMaxFalseStarts; ++starts) {
    const size_t found = text.find(prefix_, from);
    if (found == std::string_view::npos) return Result::kNoMatch;
    if (MatchAt(begin + found, end, captures)) return Result::kMatch;
    from = found + 1;
  }
  return Result::kGaveUp;
}

}  // namespace logmill
