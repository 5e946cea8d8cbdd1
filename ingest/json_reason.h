// Why a text is not JSON.
#pragma once

#include <cstddef>
#include <string_view>

#include "ingest/decoder.h"

namespace logmill::json {

// The reason why a text that was refused is not valid: kInvalidUtf8, or what the first byte that cannot stand where it stands means:
// kTooDeep (nested deeper than 1024), kTruncated (the text ended before its value did; it may end within a UTF-8 character too) or kSyntax.
Reject WhyInvalid(std::string_view text);

}  // namespace logmill::json
