// One entry of `shipping.destinations`.
#pragma once

#include "base/environment.h"
#include "daemon/http_config.h"
#include "daemon/shipping_config.h"
#include "rules/yaml_reader.h"
#include "shipping/ship_identity.h"
#include "shipping/shipper.h"

namespace logmill {

// What all entries share.
struct DestinationContext {
  ResolvePath resolve;
  Environment environment;
  ShipIdentity identity;
  ShipperOptions defaults;
};

// Mistakes become errors; what is returned then is not to be used.
DestinationConfig ReadDestination(const YamlValue& value, const DestinationContext& context);

// `filters` and `when_full`, which stand in both.
ShipFilter ReadShipFilters(YamlMap& map);
WhenFull ReadWhenFull(YamlMap& map, WhenFull fallback);

}  // namespace logmill
