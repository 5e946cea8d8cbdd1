#include "ingest/json_reason.h"

#include <bitset>

#include "ingest/json_check.h"
#include "ingest/json_text.h"

namespace logmill::json {
namespace {

constexpr size_t kMaxDepth = 1024;

// Walks a text by the grammar until something is wrong. Its stack is one bit for each open bracket.
class Walker {
 public:
  explicit Walker(std::string_view text) : scanner_(text), p_(scanner_.begin()) {}

  Reject Run() {
    Skip();
    if (!Value()) return reason_;
    while (depth_ > 0) {
      if (!AfterValue()) return reason_;
    }
    Skip();
    return Reject::kSyntax;  // nothing is wrong up to here, so it is what follows
  }

 private:
  [[nodiscard]] bool AtEnd() const { return p_ == scanner_.end(); }
  void Skip() { p_ = scanner_.SkipSpace(p_); }
  bool Fail() {
    reason_ = AtEnd() ? Reject::kTruncated : Reject::kSyntax;
    return false;
  }
  bool Take(Stop stop) {
    p_ = stop.at;
    return stop.ok || Fail();
  }
  bool Expect(char c) {
    Skip();
    if (AtEnd() || *p_ != c) return Fail();
    ++p_;
    return true;
  }

  // A value, or the beginning of a nested one up to its first scalar or its closing bracket.
  bool Value() {
    for (;;) {
      Skip();
      if (AtEnd()) return Fail();
      if (*p_ == '"') return String();
      if (*p_ != '{' && *p_ != '[') return Scalar();
      const bool object = *p_ == '{';
      if (!Open(object)) return false;
      Skip();
      if (!AtEnd() && *p_ == (object ? '}' : ']')) return Close();
      if (object && !Name()) return false;
    }
  }

  // What follows a complete value inside of brackets: the closing bracket, or a comma and the next value.
  bool AfterValue() {
    Skip();
    if (AtEnd()) return Fail();
    const bool object = objects_[depth_ - 1];
    if (*p_ == (object ? '}' : ']')) return Close();
    if (!Expect(',')) return false;
    return (!object || Name()) && Value();
  }

  bool Open(bool object) {
    ++p_;
    if (depth_ == kMaxDepth) {
      reason_ = Reject::kTooDeep;
      return false;
    }
    objects_[depth_++] = object;
    return true;
  }
  bool Close() {
    ++p_;
    --depth_;
    return true;
  }
  bool Name() { return Expect('"') && StringRest() && Expect(':'); }
  bool String() { return Expect('"') && StringRest(); }
  bool StringRest() {
    bool escaped = false;
    return Take(scanner_.String(p_, &escaped));
  }
  bool Scalar() {
    const bool word = *p_ == 't' || *p_ == 'f' || *p_ == 'n';
    return Take(word ? ScanLiteral(p_, scanner_.end()) : ScanNumber(p_, scanner_.end()));
  }

  Scanner scanner_;
  const char* p_;
  std::bitset<kMaxDepth> objects_;
  size_t depth_ = 0;
  Reject reason_ = Reject::kNone;
};

// The text without the first bytes of a character that its end has cut.
std::string_view WithoutCutCharacter(std::string_view text) {
  size_t tail = 0;
  while (tail < 3 && tail < text.size() && (static_cast<unsigned char>(text[text.size() - 1 - tail]) & 0xC0) == 0x80) ++tail;
  if (tail == text.size() || static_cast<unsigned char>(text[text.size() - 1 - tail]) < 0xC0) return text;
  return text.substr(0, text.size() - 1 - tail);
}

}  // namespace

Reject WhyInvalid(std::string_view text) {
  const bool utf8 = ValidUtf8(text);
  const Reject reason = Walker(text).Run();
  if (utf8) return reason;
  return reason == Reject::kTruncated && ValidUtf8(WithoutCutCharacter(text)) ? Reject::kTruncated : Reject::kInvalidUtf8;
}

}  // namespace logmill::json
