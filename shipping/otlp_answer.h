// What an OTLP server says: ExportLogsServiceResponse after a success, google.rpc.Status after a failure; protobuf or JSON, as Content-Type
// says. https://opentelemetry.io/docs/specs/otlp/#otlphttp-response. Any bytes are read without harm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http_client.h"

namespace logmill {

struct OtlpAnswer {
  uint64_t rejected = 0;   // log records
  std::string words = {};  // of the server, one line; "" when there are none
};

// Of a success. Nothing when it is none: JSON or protobuf that is broken. Another kind of content says nothing.
std::optional<OtlpAnswer> ReadOtlpAnswer(const HttpReply& reply);
// The words of a failure: those of the Status, or the beginning of whatever came.
std::string ReadOtlpStatus(const HttpReply& reply);

}  // namespace logmill
