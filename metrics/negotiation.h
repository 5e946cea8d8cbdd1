// What a client may be answered with: the exposition format and the compression, chosen from its request headers.
#pragma once

#include <cstdint>
#include <string_view>

namespace logmill {

enum class ExpositionFormat : uint8_t { kText, kOpenMetrics };

// "text/plain; version=0.0.4; charset=utf-8" or "application/openmetrics-text; version=1.0.0; charset=utf-8".
std::string_view ContentType(ExpositionFormat format);

// The format with the highest q in an Accept header, where the most specific range that fits a format decides its q (RFC 9110).
// Equal q: the format that is named more specifically, then text. Versions: text 0.0.4, OpenMetrics 1.0.0 and 0.0.1, or none given.
// Text when nothing fits, the header is empty or cannot be understood; an unreadable q counts as 1. Linear time.
ExpositionFormat NegotiateFormat(std::string_view accept);

// Whether an Accept-Encoding header asks for gzip: named (or by "*") with a q above 0 that is not below the q of "identity".
// No header: no. Linear time.
bool WantsGzip(std::string_view accept_encoding);

}  // namespace logmill
