// Rewrites a JSON value: the values at some paths, and the words of all strings.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shipping/word_redaction.h"

namespace logmill {

// One thread; the count is read by any.
class JsonRedactor {
 public:
  // Both outlive it. `fields`: paths as FieldPaths (ingest/record.h) has them.
  JsonRedactor(WordRedactor& words, const std::vector<std::string>& fields) : words_(words), paths_(fields.begin(), fields.end()) {}

  // `json` is valid: an object, an array or a string. What is returned is `json` itself, or a view valid until the next call. The values at
  // the paths become "[redacted]", whatever they are; then words in strings are replaced, not in keys. Members and white space stay.
  std::string_view Redact(std::string_view json);

  // Values replaced so far. Any thread.
  [[nodiscard]] uint64_t fields() const { return count_.load(std::memory_order_relaxed); }

 private:
  using Paths = std::vector<std::string_view>;

  // As deep as the longest path has keys.
  bool RedactFields(std::string_view json, const Paths& paths, size_t& copied);
  void Replace(std::string_view value, std::string_view by, size_t& copied);
  bool RedactStrings(std::string_view json);

  WordRedactor& words_;
  const Paths paths_;
  std::string_view source_;  // of the pass at hand
  std::string without_fields_;
  std::string without_words_;
  std::string* out_ = nullptr;
  std::string unescaped_;
  std::string redacted_;
  std::string escaped_;
  std::atomic<uint64_t> count_{0};
};

}  // namespace logmill
