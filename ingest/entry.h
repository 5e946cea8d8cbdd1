// What the assembler hands to the decoder: one message, put together from lines.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace logmill {

// `text`, and what is said about it from outside; "" and nothing where unknown.
struct Entry {
  std::string_view text;
  bool cut = false;    // something of it was lost: a cut line, a part whose end never came, or a block that reached its limits
  uint32_t lines = 1;  // lines of the stream that went into it
  std::optional<int64_t> time_ms = {};
  std::string_view level = {};
  std::string_view context = {};
  std::optional<int64_t> pid = {};
  uint64_t place = 0;          // where it begins: of its first line, what Assembler::Take() was told
  std::string_view lane = {};  // "stdout", "stderr", or the key of the envelope; "" without one
};

// Gets entries in order; each is valid during the call.
using VisitEntry = std::function<void(const Entry&)>;

}  // namespace logmill
