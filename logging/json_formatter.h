// spdlog message → one line of JSON, byte for byte as Gallery's server writes it.
#pragma once

#include <spdlog/formatter.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "logging/schema.h"

namespace logmill {

// For any spdlog sink. Keys: level, pid, timestamp, message, context (the logger's name; absent when that is empty), then `app` and
// `correlationId` if `extra_keys` is on and they are not empty, then `stack` if the call came with one. Always valid JSON and
// UTF-8, one "\n" at the end. Used by one thread at a time: spdlog's sinks see to that. Allocates only when `dest` has to grow.
class JsonFormatter final : public spdlog::formatter {
 public:
  struct Options {
    bool extra_keys = false;
    std::string app;  // "Api"
  };
  JsonFormatter();
  explicit JsonFormatter(Options options);

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& dest) override;
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override;

 private:
  // `{"level":"log","pid":36,"timestamp":`, rendered anew only when the pid changes.
  struct Prefix {
    int pid = -1;
    size_t size = 0;
    std::array<char, 64> text{};
  };
  const Prefix& PrefixFor(LogLevel level);
  // Makes digits_ those of `millis`.
  void RenderTimestamp(int64_t millis);

  Options options_;
  std::array<Prefix, kLogLevelNames.size()> prefixes_{};
  int64_t millis_ = -1;  // what digits_ shows
  size_t digits_size_ = 0;
  std::array<char, 24> digits_{};
};

}  // namespace logmill
