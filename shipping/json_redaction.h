// Rewrites a JSON value: the values at some paths, and the words of all strings and names.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "shipping/word_redaction.h"

namespace logmill {

// One thread; the count is read by any.
class JsonRedactor {
 public:
  // `words` outlives it. `fields`: paths as FieldPaths (ingest/record.h) has them, and their views outlive it; a step through an array
  // needs no number: a.b is the b of each element of a, too.
  JsonRedactor(WordRedactor& words, const std::vector<std::string>& fields) : words_(words), paths_(fields.begin(), fields.end()) {}

  // `json` is valid: an object, an array or a string. What is returned is `json` itself, or a view valid until the next call. The values at
  // the paths become "[redacted]", whatever they are, and so does what may hold one deeper than 32 levels; then words in strings are
  // replaced, in names as well. Members and white space stay; what would be a second member of one name becomes "[ip] 2". Linear.
  std::string_view Redact(std::string_view json);

  // Values replaced so far. Any thread.
  [[nodiscard]] uint64_t fields() const { return count_.load(std::memory_order_relaxed); }

 private:
  using Paths = std::vector<std::string_view>;

  bool RedactFields(std::string_view json, const Paths& paths, unsigned depth, size_t& copied);
  void Replace(std::string_view value, std::string_view by, size_t& copied);
  bool RedactStrings(std::string_view json);
  // Of an object `depth` levels of objects deep.
  bool RedactName(std::string_view name, size_t depth);
  void LeaveObject(size_t depth);

  WordRedactor& words_;
  const Paths paths_;
  std::string_view source_;  // of the pass at hand
  std::string without_fields_;
  std::string without_words_;
  std::string* out_ = nullptr;
  std::string unescaped_;
  std::string redacted_;
  std::string escaped_;
  // Names that give nothing away: the same few in all lines.
  std::unordered_set<std::string> harmless_;
  std::string lookup_;
  // What names became in the objects around the place at hand, and how often.
  struct Renamed {
    size_t depth = 0;
    std::unordered_map<std::string, size_t> names;
  };
  std::vector<Renamed> renamed_;
  std::atomic<uint64_t> count_{0};
};

}  // namespace logmill
