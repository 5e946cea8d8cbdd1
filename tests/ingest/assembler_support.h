// An assembler at work, as a story: Takes(...), and what came out of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/assembler.h"

namespace logmill::testing {

// An entry that was visited, kept.
struct Kept {
  std::string text;
  bool cut = false;
  uint32_t lines = 1;
  std::optional<int64_t> time_ms = {};
  std::string level = {};
  std::string context = {};
  std::optional<int64_t> pid = {};

  bool operator==(const Kept&) const = default;
};

// Checks after every step that no line is lost or counted twice: see broken().
class AssembledStream {
 public:
  explicit AssembledStream(Assembler::Options options);

  Reject Takes(std::string_view line, bool cut = false);
  // Of "\n"-separated lines; a last "\n" is optional.
  void TakesLines(std::string_view lines);
  void Idles(std::chrono::nanoseconds now);
  void Ends();
  // The program ends and starts again. False when the state could not be restored.
  bool Restarts();

  [[nodiscard]] std::vector<std::string> Texts() const;
  [[nodiscard]] std::vector<uint32_t> Lines() const;
  // "" as long as the books balance.
  [[nodiscard]] const std::string& broken() const { return broken_; }
  [[nodiscard]] Assembler& assembler() { return *assembler_; }

  std::vector<Kept> entries;
  uint64_t rejected = 0;

 private:
  void Balance();

  Assembler::Options options_;
  std::optional<Assembler> assembler_;
  Assembler::Visit visit_;
  uint64_t taken_ = 0;
  std::string broken_;
};

// `line` as the lines of a Kubernetes file, in parts that end at `ends` (ascending, each before the line's end).
std::vector<std::string> AsCri(std::string_view line, const std::vector<size_t>& ends, std::string_view stream = "stdout");
// The same as Docker's json-file driver writes it. The line is ASCII, or not cut within a character.
std::vector<std::string> AsDocker(std::string_view line, const std::vector<size_t>& ends, std::string_view stream = "stdout");

// All of a file, "" when there is none.
std::string FileText(const std::string& path);

}  // namespace logmill::testing
