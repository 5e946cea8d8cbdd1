// Appending to spdlog's buffer without a function call; for the formatters.
#pragma once

#include <spdlog/common.h>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace logmill {

inline void Append(std::string_view text, spdlog::memory_buf_t& out) {
  const size_t size = out.size();
  out.resize(size + text.size());
  if (!text.empty()) std::memcpy(out.data() + size, text.data(), text.size());
}

}  // namespace logmill
