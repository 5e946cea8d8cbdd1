// Bytes and pieces of text, as the privacy guard looks at them. ASCII only; bytes from 0x80 on are letters of other alphabets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace logmill {

inline constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
inline constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
inline constexpr bool IsLetter(char c) { return IsUpper(c) || IsLower(c); }
inline constexpr bool IsForeign(char c) { return static_cast<unsigned char>(c) >= 0x80; }
inline constexpr bool IsAsciiLetterOrDigit(char c) { return IsDigit(c) || IsLetter(c); }
inline constexpr bool IsLetterOrDigit(char c) { return IsAsciiLetterOrDigit(c) || IsForeign(c); }
inline constexpr bool IsWord(char c) { return IsLetterOrDigit(c) || c == '_'; }
inline constexpr char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

inline bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) { return ToLower(a) == b; });
}

template <typename List>
bool IsOneOfIgnoringCase(std::string_view text, const List& lower) {
  return std::any_of(std::begin(lower), std::end(lower), [text](std::string_view known) { return EqualsIgnoringCase(text, known); });
}

// The byte before or at an offset, or a space outside of the text.
inline char Before(std::string_view text, size_t at) { return at == 0 || at > text.size() ? ' ' : text[at - 1]; }
inline char At(std::string_view text, size_t at) { return at < text.size() ? text[at] : ' '; }

// The first of these signs, from `from` on; npos. Several times as fast as find_first_of().
template <char... kSigns>
size_t FindSign(std::string_view text, size_t from = 0) {
  for (; from < text.size(); ++from) {
    if (((text[from] == kSigns) || ...)) return from;
  }
  return std::string_view::npos;
}

// The longest piece from `begin` on whose bytes all fit.
template <typename Predicate>
std::string_view Run(std::string_view text, size_t begin, Predicate predicate) {
  size_t end = begin;
  while (end < text.size() && predicate(text[end])) ++end;
  return text.substr(begin, end - begin);
}

// The longest piece before `end` whose bytes all fit.
template <typename Predicate>
std::string_view RunBefore(std::string_view text, size_t end, Predicate predicate) {
  size_t begin = end;
  while (begin > 0 && predicate(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// Where `lower` stands in the text in any case, not inside of a longer word, from `from` on; npos.
inline size_t FindWord(std::string_view text, std::string_view lower, size_t from = 0) {
  for (size_t at = from; at + lower.size() <= text.size(); ++at) {
    if (ToLower(text[at]) != lower[0]) continue;
    if (IsWord(Before(text, at)) || IsWord(At(text, at + lower.size()))) continue;
    if (EqualsIgnoringCase(text.substr(at, lower.size()), lower)) return at;
  }
  return std::string_view::npos;
}

}  // namespace logmill
