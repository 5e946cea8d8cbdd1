// What the literal scanners look for.
#pragma once

#include <cstdint>
#include <string>

namespace logmill {

struct LiteralEntry {
  std::string literal;  // not empty
  uint32_t id;          // reported when it occurs; several literals may have the same
};

}  // namespace logmill
