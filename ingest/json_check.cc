#include "ingest/json_check.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "ingest/json_reason.h"
#include "ingest/json_text.h"

namespace logmill::json {
namespace {

static_assert(simdjson::DEFAULT_MAX_DEPTH == 1024);

bool IsNumberStart(char c) { return c == '-' || (c >= '0' && c <= '9'); }
bool IsBoundary(char c) { return std::strchr(" \t\r\n,:[]{}\"", c) != nullptr; }
bool IsSurrogate(const char* p) { return (p[2] == 'd' || p[2] == 'D') && std::strchr("89abcdefABCDEF", p[3]) != nullptr; }
bool IsHigh(const char* p) { return std::strchr("89abAB", p[3]) != nullptr; }

// Makes `text` one that simdjson can decide about: overwrites what JSON allows and simdjson does not, changing no length.
// A token is replaced only as a whole, so that nothing invalid becomes valid.
class Softener {
 public:
  explicit Softener(std::span<char> text) : p_(text.data()), end_(text.data() + text.size()) {}

  void Run() {
    while (p_ != end_) {
      if (*p_ == '"') {
        ++p_;
        SoftenString();
      } else if (IsBoundary(*p_)) {
        ++p_;
      } else {
        SoftenToken();
      }
    }
  }

 private:
  // Behind the opening quote; ends behind the closing one, or at the end.
  void SoftenString() {
    while (p_ != end_ && *p_ != '"') {
      if (*p_ != '\\') {
        ++p_;
      } else if (end_ - p_ >= 6 && p_[1] == 'u' && ScanEscape(p_, end_).ok) {
        SoftenUnicode();
      } else {
        p_ += std::min<ptrdiff_t>(2, end_ - p_);
      }
    }
    if (p_ != end_) ++p_;
  }

  void SoftenUnicode() {
    const bool surrogate = IsSurrogate(p_);
    const char* const next = p_ + 6;
    const bool paired = surrogate && IsHigh(p_) && end_ - next >= 6 && next[1] == 'u' && ScanEscape(next, end_).ok && IsSurrogate(next) &&
                        !IsHigh(next) && next[0] == '\\';
    if (surrogate && !paired) std::memcpy(p_ + 2, "fffd", 4);
    p_ += paired ? 12 : 6;
  }

  void SoftenToken() {
    char* const token_end = std::find_if(p_, end_, IsBoundary);
    if (IsNumberStart(*p_)) {
      const Stop number = ScanNumber(p_, token_end);
      if (number.ok && number.at == token_end) {
        *p_++ = '0';
        std::fill(p_, token_end, ' ');
      }
    }
    p_ = token_end;
  }

  char* p_;
  char* end_;
};

bool MaySoften(simdjson::error_code error) { return error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR; }

}  // namespace

struct Checker::State {
  simdjson::dom::parser parser;  // its depth limit is 1024 when nothing else is said
  std::vector<char> copy;

  simdjson::error_code Parse(size_t size, simdjson::dom::element* root) { return parser.parse(copy.data(), size, false).get(*root); }
};

Checker::Checker() : state_(std::make_unique<State>()) {}
Checker::~Checker() = default;

bool ValidUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

Reject Checker::Check(std::string_view text) {
  std::vector<char>& copy = state_->copy;
  if (copy.size() < text.size() + simdjson::SIMDJSON_PADDING) copy.resize(text.size() + simdjson::SIMDJSON_PADDING);
  std::ranges::copy(text, copy.begin());
  simdjson::dom::element root;
  simdjson::error_code error = state_->Parse(text.size(), &root);
  if (MaySoften(error)) {
    Softener({copy.data(), text.size()}).Run();
    error = state_->Parse(text.size(), &root);
  }
  if (error == simdjson::SUCCESS) return root.is_object() ? Reject::kNone : Reject::kNotAnObject;
  return error == simdjson::DEPTH_ERROR ? Reject::kTooDeep : WhyInvalid(text);
}

}  // namespace logmill::json
