// How far one container's log was taken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

// The engine cannot be asked for what comes after a message, only for what has a time or a later one. So a place is a time and how many
// messages of that very time were taken, for stdout and stderr apart: the order within one of them is certain, between them it is not.
// A message that came in parts counts as many times as it has parts.
struct DockerCursor {
  struct Mark {
    int64_t time_ns = 0;  // of the last whole message taken
    uint64_t count = 0;   // that were taken of this time; 0: none ever
  };

  int64_t floor_ns = 0;       // what is older is never wanted (reading began at the end)
  int64_t since_ns = 0;       // what to ask for: no message that was not taken is older
  std::array<Mark, 2> marks;  // stdout, stderr

  // "SINCE FLOOR TIME COUNT TIME COUNT", decimal.
  [[nodiscard]] std::string Text() const;
  static std::optional<DockerCursor> Parse(std::string_view text);
};

}  // namespace logmill
