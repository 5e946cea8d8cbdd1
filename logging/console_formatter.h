// spdlog message → what Gallery's server prints for people, byte for byte.
#pragma once

#include <spdlog/formatter.h>

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

namespace logmill {

//     [Nest] 36  - 12/23/2025, 11:42:11 PM     LOG [Api:WebsocketRepository~9tsc1h95] Initialized websocket server
//
// The bracket holds app, the logger's name and the correlation id, whatever of them there is; without any of them it is left
// out. Time is local time, always written the en-US way, whatever LANG says. Messages, names and stacks are written as they are, bytes
// that are no text included; the lines of a stack follow without prefix and colour. Used by one thread at a time.
class ConsoleFormatter final : public spdlog::formatter {
 public:
  struct Options {
    std::string app;             // "Api"
    bool colored_stdout = true;  // ANSI colours for the levels that go to stdout
    bool colored_stderr = true;  // and for `error`
  };
  ConsoleFormatter();
  explicit ConsoleFormatter(Options options);

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& dest) override;
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override;

 private:
  void RenderProcess();
  void RenderTimestamp(std::time_t second);
  void AppendBracket(std::string_view context, bool colored, spdlog::memory_buf_t& dest) const;

  Options options_;
  int pid_ = -1;
  std::string process_;  // "[Nest] 36  - "
  std::time_t second_ = 0;
  std::string timestamp_;  // "12/23/2025, 11:42:11 PM " of second_
};

}  // namespace logmill
