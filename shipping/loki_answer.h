// What Loki's words mean. It takes the good entries of a push and answers 400 with what is wrong with the others, in a sentence:
// https://github.com/grafana/loki/blob/main/pkg/validation/validate.go and errorForFailedEntries() in pkg/ingester/stream.go. Any text is
// read without harm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "shipping/ship_record.h"

namespace logmill {

enum class LokiComplaint : uint8_t {
  kEntries,    // some entries, or nobody knows
  kMetadata,   // structured metadata: not allowed, not known, too much
  kThrottled,  // too much at this time
  kTooMuch,    // likewise, and more than is allowed in a second: it may be above the burst limit, and be so for ever
  kTooLarge,   // one push, for a message between Loki's parts (grpc_server_max_recv_msg_size)
  kDenied,     // the labels that are configured, or the tenant: waiting helps when somebody mends it
};
LokiComplaint ReadLokiComplaint(std::string_view body);

struct LokiRefusal {
  std::vector<size_t> records = {};  // indices in the batch, in the order of `pushed`: certainly refused
  bool complete = false;             // everything else of the push was taken
};
// `body`: about a push of one stream, `pushed`. Knows "oldest acceptable timestamp is: ...", "entry with timestamp ... ignored", "Max entry
// size '...'".
LokiRefusal ReadLokiRefusal(std::string_view body, std::span<const size_t> pushed, std::span<const ShipRecord> batch);

}  // namespace logmill
