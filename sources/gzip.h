// gzip, a piece at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace logmill {

// Whether a file that begins with these two bytes (or more) is gzip.
bool BeginsLikeGzip(std::string_view bytes);

// Decompresses a stream of one or more gzip members; zero bytes after a member are padding. One thread, bounded memory (about 40 KB).
class GunzipStream {
 public:
  GunzipStream();
  ~GunzipStream();
  GunzipStream(const GunzipStream&) = delete;
  GunzipStream& operator=(const GunzipStream&) = delete;

  // Decompresses from the front of `*input` into `room` and removes what it has taken from `*input`. Returns the bytes written: 0 when it
  // needs more input, or when something is wrong (error() says what; it stays wrong).
  size_t Inflate(std::span<const char>* input, std::span<char> room);

  // Between two members, or behind the last one: the input may end here.
  [[nodiscard]] bool complete() const;
  // "" while nothing is wrong.
  [[nodiscard]] const std::string& error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace logmill
