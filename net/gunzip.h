// Undoes gzip of a body that comes in pieces. Internal to net/.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace logmill {

// About 40 KB of memory.
class Gunzip {
 public:
  enum class Result { kGood, kDamaged, kFull };

  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Appends what `bytes` hold to `out`, which gets no longer than `most` bytes. After anything but kGood it is not to be called again.
  Result Append(std::string_view bytes, std::string& out, size_t most);

  // Everything that was given is whole: the body may end here.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  Result Step(std::string& out, size_t most);

  z_stream stream_{};
  bool complete_ = false;
};

}  // namespace logmill
