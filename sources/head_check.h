// Whether a file still begins as it did, asked at every read.
#pragma once

#include <cstdint>
#include <optional>

#include "sources/fingerprint.h"

namespace logmill {

// Of one plain file. The bytes before the place where reading goes on do not tell a file from one that was truncated and has grown again,
// when lines end alike and have the same length; how it begins does. Costs about a microsecond: the fingerprint's own hash of the head,
// which takes several, is compared once, another one after that.
class HeadCheck {
 public:
  // Whether the file open at `fd` begins with the head of `print`, which is of what was read of it. True when nothing was read.
  // Nothing when it cannot be read just now: errno says why.
  std::optional<bool> Same(int fd, const Fingerprint& print);

 private:
  uint64_t hash_ = 0;  // of a whole head, the same in this life only
  bool known_ = false;
};

}  // namespace logmill
