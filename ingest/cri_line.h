// One line of a Kubernetes container's file: `2026-11-22T09:24:30.123456789Z stdout F the text`.
#pragma once

#include <string_view>

#include "ingest/envelope_line.h"

namespace logmill {

// False when `line` is none. The third field is a list of tags separated by colons; of those the first, P (a part) or F (the whole
// line, or its last part), has a meaning. Parts are the bytes that the container wrote, so that joining them gives back the line exactly
// (but for a "\r" at the very end of a part, which the splitter takes for the file's own line end). Views point into `line`.
bool ReadCriLine(std::string_view line, Unwrapped* unwrapped);

}  // namespace logmill
