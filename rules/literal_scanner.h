// Which of many literals occur in a text: sixteen or thirty-two bytes at a time where the processor can (Teddy), byte by byte elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/literal_automaton.h"
#include "rules/literal_entry.h"
#include "rules/teddy.h"

namespace logmill {

// A necessary condition, not an exact one: every literal that occurs is reported, some that occur only with their first bytes too.
// Immutable, shared by all threads.
class LiteralScanner {
 public:
  using Entry = LiteralEntry;
  explicit LiteralScanner(const std::vector<Entry>& entries);

  [[nodiscard]] bool empty() const { return !teddy_ && automaton_.empty(); }

  // Calls `found(id)` for each literal that occurs, in no certain order; an id can come more than once.
  template <typename Found>
  void Scan(std::string_view text, Found&& found) const {
    if (teddy_) {
      teddy_->Scan(text, found);
    } else {
      automaton_.Scan(text, found);
    }
  }

 private:
  std::optional<Teddy> teddy_;  // has the literals, unless the automaton does
  LiteralAutomaton automaton_;
};

}  // namespace logmill
