// Bytes that stay where they were read.
#pragma once

#include <memory>
#include <string_view>

namespace logmill {

// They stay as they are while somebody, on any thread, has a copy of `owner`. Null: nothing is lent.
struct LentBytes {
  std::string_view bytes = {};
  std::shared_ptr<const char[]> owner = {};
};

}  // namespace logmill
