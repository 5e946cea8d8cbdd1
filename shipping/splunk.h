// Splunk's HTTP Event Collector: POST /services/collector/event, and /services/collector/ack where indexer acknowledgement is on.
// https://docs.splunk.com/Documentation/Splunk/latest/Data/HTTPEventCollector, .../Data/FormateventsforHTTPEventCollector,
// .../Data/AboutHECIDXAck
//
//   {"time":1795339335.403,"host":"…","source":"/var/log/…","sourcetype":"_json","index":"main",
//    "event":{the JSON object as it was logged, or level, pid, context and message of any other record},
//    "fields":{"logmill_id":"…","level":"error","context":"…","service":"…","environment":"…","logmill_source":"…"}}
//
// Splunk has no way to recognise a repeat: `logmill_id` does (| dedup logmill_id).
//
//   batch ─► requests ─► taken ─► indexed? asked for all of them at once, until it is, or comes again
//              ▲   └► refused: in parts, at once
//              └─────────┘
//
// An acknowledgement takes seconds, whatever it is for: so a batch may be several requests, and waits for all of them together.
//
// When a request is refused for one event of it, the answer may name it (invalid-event-number, from 0). The request is cut around it;
// without a number, and where what is before it is refused all the same, in the middle. What was before it is sent again and may be there
// twice: Splunk has taken it, others that speak HEC have not (the OpenTelemetry Collector's splunkhecreceiver), and nothing tells which.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "shipping/http_destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

struct SplunkOptions {
  // The token goes as "Authorization: Splunk TOKEN". One of the two; the file is read at each request.
  std::string token = {};
  std::string token_file = {};
  std::string index = {};  // "": the token's
  std::string sourcetype = "_json";
  size_t request_records = std::numeric_limits<size_t>::max();  // at most in one request; the event that reaches the bytes is the last one
  size_t request_bytes = std::numeric_limits<size_t>::max();
  bool acknowledge = false;                               // a batch is taken when Splunk says that it is indexed
  std::string channel = {};                               // a UUID; "": made from the host, the service and the index
  std::chrono::milliseconds acknowledge_timeout{60'000};  // then the batch is sent again, and may be there twice
  std::chrono::milliseconds acknowledge_interval{1'000};  // between two questions, once it takes long
  ShipIdentity identity = {};
};

// What is wrong with the options; "" when nothing is. Names no value.
std::string CheckSplunk(const SplunkOptions& options);
std::unique_ptr<Protocol> MakeSplunk(SplunkOptions options);

}  // namespace logmill
