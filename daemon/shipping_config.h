// The section `shipping` of the configuration.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "rules/yaml_reader.h"
#include "shipping/destination.h"
#include "shipping/intake.h"
#include "shipping/shipper.h"
#include "shipping/spool.h"

namespace logmill {

// One entry of `destinations`.
struct DestinationConfig {
  ShipperOptions shipper;        // without folder and callbacks
  std::string where;             // for people: the URL without secrets, the path, or "standard output"
  std::string file = {};         // the path, of a file
  bool standard_output = false;  // which belongs to it then
  // Makes it; from then on its secrets are read from where they are.
  std::function<std::unique_ptr<Destination>()> make;
};

struct ShippingConfig {
  std::string spool;  // folder; "": within the state folder
  SpoolOptions options;
  uint64_t max_bytes = uint64_t{1} << 30;  // of the spool, on disk
  ShipFilter filter;
  RedactionOptions redaction;
  std::vector<DestinationConfig> destinations;

  [[nodiscard]] bool enabled() const { return !destinations.empty(); }
};

// Reads the section; mistakes become errors. `resolve` makes a path of the configuration one that can be opened. Secrets that are named by
// a variable are taken from `environment` now; an empty one is not known yet, and its variables count as set.
ShippingConfig ReadShipping(const YamlValue& value, const std::function<std::string(const std::string&)>& resolve,
                            const Environment& environment);

}  // namespace logmill
