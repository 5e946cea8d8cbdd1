// Replaces the words of a text that give something away.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// What a word gives away: "email", "ip"...; "" when nothing. Says one kind only, so it should look for none but those that are to be taken
// out. Pure; linear; any bytes. Given from outside, since shipping/ knows no rules.
using RecogniseWord = std::function<std::string_view(std::string_view word)>;

// One thread; the counts are read by any.
class WordRedactor {
 public:
  // Of what `recognise` says, `kinds` are taken out; all else stays.
  WordRedactor(RecogniseWord recognise, std::vector<std::string> kinds);

  // True, and `out` is the text with [email], [ip]... in place of words, when there is one to be replaced; false otherwise. A word ends at
  // white space, a colour, a quote, a bracket, comma, semicolon, bar, or =. One with :// or ? in it (a URL), and what follows
  // Bearer or Basic, ends only at white space, a colour, a quote, < or >; of "Bearer X" the X is replaced. What begins with -----BEGIN ends
  // with its -----END ...-----. A quoted text belongs to the @ behind it.
  bool Redact(std::string_view text, std::string& out);

  [[nodiscard]] const std::vector<std::string>& kinds() const { return kinds_; }
  // Words replaced so far, of the i-th kind. Any thread.
  [[nodiscard]] uint64_t count(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }

 private:
  // Index into kinds_, or -1.
  [[nodiscard]] int KindOf(std::string_view word) const;

  const RecogniseWord recognise_;
  const std::vector<std::string> kinds_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;
};

}  // namespace logmill
