// An entry that is not complete yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/entry.h"
#include "ingest/saved_bytes.h"

namespace logmill {

// A copy of lines that were taken, put together, with what is said about the first one from outside.
class PendingText {
 public:
  [[nodiscard]] bool empty() const { return lines_ == 0; }
  [[nodiscard]] uint32_t lines() const { return lines_; }
  [[nodiscard]] size_t bytes() const { return text_.size(); }
  // Valid until the next change. Without the empty lines at its end.
  [[nodiscard]] Entry entry() const;
  // Whether the same is said about `line`, time aside.
  [[nodiscard]] bool SaysTheSame(const Entry& line) const;

  void Begin(const Entry& line);
  // Up to `most_bytes` altogether; what does not fit is lost, and the entry is cut.
  void AppendPart(const Entry& part, size_t most_bytes);
  // Behind "\n".
  void AppendLine(const Entry& line);
  // Counts a line without keeping its text; the entry is cut.
  void Swallow(const Entry& line);
  void MarkCut() { cut_ = true; }
  // Keeps a small buffer for the next one.
  void Clear();

  void Save(SavedWriter& out) const;
  // False, and it is empty, when what is read makes no sense.
  [[nodiscard]] bool Restore(SavedReader& in);

 private:
  std::string text_;
  size_t kept_ = 0;  // of text_, without the empty lines at its end
  bool cut_ = false;
  uint32_t lines_ = 0;
  std::optional<int64_t> time_ms_;
  std::string level_;
  std::string context_;
  std::optional<int64_t> pid_;
  uint64_t place_ = 0;
  std::string lane_;
};

}  // namespace logmill
