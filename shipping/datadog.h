// Datadog's logs intake: POST /api/v2/logs, a JSON array. https://docs.datadoghq.com/api/latest/logs/#send-logs
//
//   [{"ddsource":"logmill","ddtags":"env:production,team:photos","hostname":"…","service":"…","timestamp":1795339335403,"status":"error",
//     "message":"…","pid":11,"logger":{"name":"JobService"},"error":{"stack":"…"},"logmill":{"id":"…","source":"…","stream":"…","format":"json"},
//     the other members of a JSON line...}]
//
// A member that has one of these names gets "_" behind it: its value stays. An object as message is `message` as text, and logmill.message.
// At most 1000 entries and 5 MB a request, so that a batch has to be bounded by as much; 413 halves it. An entry is at most 1 MB, which
// Datadog would cut somewhere: a longer one is sent without the members, its message cut at a character, and logmill.cut says so.
//
// What is more than 18 hours old Datadog drops, without a word. From 17 hours on, records come without `timestamp`, so that they are taken
// as of their arrival, and logmill.timestamp (ms) is their own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "shipping/http_destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

struct DatadogOptions {
  // DD-API-KEY. One of the two; the file is read at each request.
  std::string api_key = {};
  std::string api_key_file = {};
  std::vector<std::string> tags = {};  // "key:value"
  std::string ddsource = "logmill";
  ShipIdentity identity = {};
  const Clock* clock = &SystemClock();  // outlives the protocol
};

// What is wrong with the options; "" when nothing is. Names no value of a key.
std::string CheckDatadog(const DatadogOptions& options);
std::unique_ptr<Protocol> MakeDatadog(DatadogOptions options);

}  // namespace logmill
