// Standard output, or whatever else a descriptor leads to: one line a record, as in a file.
#pragma once

#include <memory>

#include "shipping/destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

// `fd` is not closed. What it does not take at once (a pipe) is waited for, but Interrupt() ends that. What was written is taken, the rest
// is to be sent again: a line that was cut goes on where it was cut. When nobody reads any more: kRetry, kConnection. `raw`: the record's
// line alone.
std::unique_ptr<Destination> MakeStreamDestination(int fd, bool raw, ShipIdentity identity);

}  // namespace logmill
