// OpenTelemetry logs over HTTP: POST /v1/logs, protobuf or JSON. The way into the OpenTelemetry Collector, and into whatever takes OTLP.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp, https://opentelemetry.io/docs/specs/otel/logs/data-model/
//
//   ExportLogsServiceRequest ─► ResourceLogs, one a service: service.name, host.name, deployment.environment.name, and the configured
//   attributes
//                                 └─► ScopeLogs: logmill, its version ─► LogRecord... (otlp_record.h)
//
// Of the answers of 500 and above only 502, 503 and 504 are to be tried again, by the specification. The Collector says 500 for what will
// never be taken, and so do others while they are in trouble: Delivery::maybe_refused.
//
// A server that rejects some records does not say which. The batch is halved until they are found and set aside, so others come more than
// once: with the same log.record.uid, which the semantic conventions have for removing repeats.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shipping/http_destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

struct OtlpOptions {
  bool json = false;  // the JSON mapping in place of protobuf
  // Further resource attributes, texts; one of a name that Logmill gives replaces it.
  std::vector<std::pair<std::string, std::string>> resource = {};
  ShipIdentity identity = {};
};

// What is wrong with the options; "" when nothing is.
std::string CheckOtlp(const OtlpOptions& options);
// The options are good ones.
std::unique_ptr<Protocol> MakeOtlp(OtlpOptions options);

}  // namespace logmill
