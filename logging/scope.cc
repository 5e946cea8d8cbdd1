#include "logging/scope.h"

#include <spdlog/async_logger.h>

#include <utility>

namespace logmill {
namespace {

thread_local const CorrelationScope* innermost_scope = nullptr;
thread_local std::string_view current_stack;

class StackScope {
 public:
  explicit StackScope(std::string_view stack) { current_stack = stack; }
  ~StackScope() { current_stack = {}; }
  StackScope(const StackScope&) = delete;
  StackScope& operator=(const StackScope&) = delete;
};

bool FormatsElsewhere(const spdlog::logger& logger) { return dynamic_cast<const spdlog::async_logger*>(&logger) != nullptr; }

void AppendCauses(const std::exception& error, int depth, std::string& text) {
  constexpr int kMaxDepth = 32;
  if (!text.empty()) text += "\ncaused by: ";
  text += error.what();
  if (depth == kMaxDepth) return;
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& cause) {
    AppendCauses(cause, depth + 1, text);
  } catch (...) {
    text += "\ncaused by: something that is no std::exception";
  }
}

}  // namespace

CorrelationScope::CorrelationScope(std::string id) : id_(std::move(id)), outer_(innermost_scope) { innermost_scope = this; }

CorrelationScope::~CorrelationScope() { innermost_scope = outer_; }

std::string_view CorrelationScope::Current() {
  return innermost_scope == nullptr ? std::string_view() : std::string_view(innermost_scope->id_);
}

void LogError(spdlog::logger& logger, std::string_view message, std::string_view stack) {
  const spdlog::string_view_t text(message.data(), message.size());
  if (!stack.empty() && FormatsElsewhere(logger)) {
    const std::string both = std::string(message).append("\n").append(stack);
    logger.log(spdlog::source_loc{}, spdlog::level::err, spdlog::string_view_t(both));
    return;
  }
  const StackScope scope(stack);
  logger.log(spdlog::source_loc{}, spdlog::level::err, text);
}

void LogError(spdlog::logger& logger, std::string_view message, const std::exception& error) {
  std::string stack;
  AppendCauses(error, 0, stack);
  LogError(logger, message, stack);
}

std::string_view CurrentStack() { return current_stack; }

}  // namespace logmill
