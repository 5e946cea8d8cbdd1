// What a log call carries besides its message: the correlation id of the request being served, and an error's stack trace.
//
// Both are bound to the calling thread and read by our formatters, so they reach the line when the message is formatted by the thread that
// logs it: with every synchronous spdlog logger. spdlog::async_logger formats on another thread: there the correlation id is left
// out (never a wrong one), and LogError puts the stack behind the message, so that nothing is lost.
#pragma once

#include <spdlog/logger.h>

#include <exception>
#include <string>
#include <string_view>

namespace logmill {

// From construction to destruction, what this thread logs carries `id`. Scopes nest: the innermost counts, "" hides the outer one.
// Destroy in the reverse order and on the same thread (a local variable does). The id is written as given, like Gallery does.
class CorrelationScope {
 public:
  explicit CorrelationScope(std::string id);
  ~CorrelationScope();
  CorrelationScope(const CorrelationScope&) = delete;
  CorrelationScope& operator=(const CorrelationScope&) = delete;

  // What this thread's innermost scope says, "" when there is none. Valid until that scope ends.
  static std::string_view Current();

 private:
  std::string id_;
  const CorrelationScope* outer_;
};

// Logs `message` at level error with `stack`, the text of a stack trace of any number of lines: the key `stack` in JSON, lines
// behind the message on the console. An empty stack is none. Thread-safe as the logger is.
void LogError(spdlog::logger& logger, std::string_view message, std::string_view stack);

// The same for a caught exception: its what() and those of the exceptions nested in it, one a line, are the stack.
void LogError(spdlog::logger& logger, std::string_view message, const std::exception& error);

// For formatters: the stack that the log call being formatted on this thread came with, "" for none.
std::string_view CurrentStack();

}  // namespace logmill
