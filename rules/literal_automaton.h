// Which of many literals occur in a text, in one walk over its bytes (Aho-Corasick: Efficient string matching, CACM 18(6), 1975).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rules/literal_entry.h"

namespace logmill {

// Long literals are shortened so that the table stays in the processor's cache: every literal that occurs is reported, some that occur only
// with their first bytes too. Immutable, shared by all threads.
class LiteralAutomaton {
 public:
  explicit LiteralAutomaton(const std::vector<LiteralEntry>& entries);

  [[nodiscard]] bool empty() const { return outputs_.size() <= 1; }

  // Calls `found(id)` for each literal that occurs, in order of its end; an id can come more than once.
  template <typename Found>
  void Scan(std::string_view text, Found&& found) const {
    uint32_t state = 0;
    for (const char c : text) {
      state = next_[state + classes_[static_cast<uint8_t>(c)]];
      if (state >= first_output_) {
        for (uint32_t id : Outputs(state)) found(id);
      }
    }
  }

 private:
  [[nodiscard]] std::span<const uint32_t> Outputs(uint32_t state) const {
    const size_t index = (state - first_output_) / class_count_;
    return std::span(ids_).subspan(outputs_[index], outputs_[index + 1] - outputs_[index]);
  }
  void Build(const std::vector<LiteralEntry>& entries);

  std::array<uint16_t, 256> classes_{};  // bytes that no literal has share class 0
  uint32_t class_count_ = 1;
  std::vector<uint32_t> next_;     // states are multiples of class_count_
  uint32_t first_output_ = 0;      // states from here on end a literal
  std::vector<uint32_t> outputs_;  // by output state: begin in ids_
  std::vector<uint32_t> ids_;
};

}  // namespace logmill
