// Who the logs are from, as far as a record does not say it.
#pragma once

#include <string>
#include <string_view>

#include "shipping/ship_record.h"

namespace logmill {

struct ShipIdentity {
  std::string service = {};      // "": each record's source is the service
  std::string host = {};         // of this machine
  std::string environment = {};  // production, staging...; "": not said
  std::string version = {};      // of Logmill

  [[nodiscard]] std::string_view ServiceOf(const ShipRecord& record) const { return service.empty() ? record.source : service; }
};

}  // namespace logmill
