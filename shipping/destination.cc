#include "shipping/destination.h"

#include <array>

namespace logmill {

std::string_view RetryReasonName(RetryReason reason) {
  static constexpr std::array<std::string_view, kRetryReasons> kNames{
      "connection", "tls", "timeout", "broken", "throttled", "server_error", "denied", "not_found", "disk", "partial", "other"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace logmill
