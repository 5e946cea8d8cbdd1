// By which the records of a stream are known for ever (shipping/record_id.h), whatever becomes of the stream's name.
#pragma once

#include <cstdint>
#include <string>

#include "shipping/record_id.h"
#include "sources/position.h"

namespace logmill {

// `source`: the entry of `sources`. `generation` tells apart the contents that one file had, or that had its inode.
OriginId OriginOfFile(const std::string& source, const FileId& id, uint64_t generation);

// Of what cannot be read twice: each life's records are its own.
OriginId OriginOfThisLife(const std::string& source);

}  // namespace logmill
