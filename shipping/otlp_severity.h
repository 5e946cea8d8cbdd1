// A level as OpenTelemetry's severity number: 1 to 24. https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
#pragma once

#include <string_view>

namespace logmill {

// Ours: verbose 1, debug 5, log 9, warn 13, error 17, fatal 21; usual names of others, in upper or lower case, as the specification's
// appendix B has them (notice 10, critical 18...). 0 (unspecified) for any other.
int OtlpSeverity(std::string_view level);

}  // namespace logmill
