#include "shipping/word_redaction.h"

#include <algorithm>
#include <utility>

#include "base/color_code.h"

namespace logmill {
namespace {

constexpr std::string_view kUrlEnds = " \t\r\n\v\f\x1b\"'`<>";
constexpr std::string_view kWordEnds = " \t\r\n\v\f\x1b\"'`<>()[]{},;|=";
constexpr std::string_view kUrlMark = "://";
constexpr std::string_view kKeyBegin = "-----BEGIN";
constexpr std::string_view kKeyEnd = "-----END";
constexpr std::string_view kDashes = "-----";

bool EqualsWord(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

bool AnnouncesToken(std::string_view word) { return EqualsWord(word, "bearer") || EqualsWord(word, "basic"); }

size_t FindOrEnd(std::string_view text, std::string_view what, size_t from) { return std::min(text.find(what, from), text.size()); }

// Of a key in PEM, which has line breaks in it. One that was cut goes on to the end of the text.
size_t EndOfKey(std::string_view text, size_t begin) {
  const size_t last_line = FindOrEnd(text, kKeyEnd, begin);
  return std::min(FindOrEnd(text, kDashes, std::min(last_line + kKeyEnd.size(), text.size())) + kDashes.size(), text.size());
}

// The first word from `from` on; npos.
size_t BeginOfWord(std::string_view text, size_t from) {
  while (from < text.size()) {
    if (const size_t code = ColorCodeAt(text, from)) {
      from += code;
    } else if (kWordEnds.find(text[from]) != std::string_view::npos) {
      ++from;
    } else {
      return from;
    }
  }
  return std::string_view::npos;
}

// "A. Name"@example.org is one word: where it begins, if the one at `begin` is its end, and no part of it is before `least`.
size_t BeginOfQuotedName(std::string_view text, size_t begin, size_t least) {
  if (text[begin] != '@' || begin < least + 2 || text[begin - 1] != '"') return begin;
  const size_t open = text.rfind('"', begin - 2);
  return open == std::string_view::npos || open < least ? begin : open;
}

// Of the word that begins at `begin`.
size_t EndOfWord(std::string_view text, size_t begin, bool token) {
  if (text.substr(begin).starts_with(kKeyBegin)) return EndOfKey(text, begin);
  const size_t end = std::min(text.find_first_of(kWordEnds, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  const bool link = word.find(kUrlMark) != std::string_view::npos || word.find('?') != std::string_view::npos;
  return token || link ? std::min(text.find_first_of(kUrlEnds, begin), text.size()) : end;
}

}  // namespace

WordRedactor::WordRedactor(RecogniseWord recognise, std::vector<std::string> kinds)
    : recognise_(std::move(recognise)),
      kinds_(recognise_ ? std::move(kinds) : std::vector<std::string>()),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(kinds_.size())) {}

bool WordRedactor::Redact(std::string_view text, std::string& out) {
  if (kinds_.empty()) return false;
  size_t copied = 0;
  bool changed = false;
  size_t before = std::string_view::npos;  // where "Bearer" begins when that was the last word
  for (size_t at = 0; (at = BeginOfWord(text, at)) != std::string_view::npos;) {
    const size_t end = EndOfWord(text, at, before != std::string_view::npos);
    const size_t begin = BeginOfQuotedName(text, at, copied);
    const size_t from = std::min(before, begin);
    const int kind = KindOf(text.substr(from, end - from));
    if (kind >= 0) {
      if (!std::exchange(changed, true)) out.clear();
      out.append(text.substr(copied, begin - copied)).append(1, '[').append(kinds_[static_cast<size_t>(kind)]).append(1, ']');
      copied = end;
      counts_[static_cast<size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
    }
    before = AnnouncesToken(text.substr(begin, end - begin)) ? begin : std::string_view::npos;
    at = end;
  }
  if (changed) out.append(text.substr(copied));
  return changed;
}

int WordRedactor::KindOf(std::string_view word) const {
  const std::string_view kind = recognise_(word);
  const auto found = std::ranges::find(kinds_, kind);
  return kind.empty() || found == kinds_.end() ? -1 : static_cast<int>(found - kinds_.begin());
}

}  // namespace logmill
