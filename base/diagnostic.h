// What is wrong with a file the user wrote, and where: gathered, never thrown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace logmill {

// A place in a file. `line` and `column` are 1-based; 0 means "the file as a whole".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class Severity { kError, kWarning };

// One finding. `message` says what is wrong and what would be right, without a final period.
struct Diagnostic {
  Severity severity = Severity::kError;
  Place place;
  std::string message;
};

// All findings of one load, in the order found. Not thread-safe; owned by whoever loads.
class Diagnostics {
 public:
  void Error(Place place, std::string message);
  void Warning(Place place, std::string message);

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] size_t error_count() const { return errors_; }
  [[nodiscard]] const std::vector<Diagnostic>& entries() const { return entries_; }

  // Sorts by file, line and column, so that a user reads the file once from top to bottom.
  void Sort();

 private:
  std::vector<Diagnostic> entries_;
  size_t errors_ = 0;
};

// "file:12:7: message", or "file:12:7: warning: message"; parts that are unknown are left out.
std::string Format(const Diagnostic& diagnostic);

// The candidate nearest to `word` by edit distance (at most a third of its length, 1 at least), or "".
std::string_view NearestName(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace logmill
