// Where the fields of a checkpoint's frame stand (checkpoint.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "checkpoint/crc64.h"

namespace logmill::checkpoint_frame {

inline constexpr std::string_view kMagic = "LOGMILLC";
inline constexpr size_t kVersionAt = 8;
inline constexpr size_t kChecksumAt = 16;
inline constexpr size_t kCheckedAt = 24;  // generation, time, content
inline constexpr size_t kContentAt = 40;

inline constexpr size_t kSharedBytes = 64;  // longer texts are not shared, so that no small file becomes a huge checkpoint

// Flags of a position and of a series.
inline constexpr unsigned kMoved = 1;
inline constexpr unsigned kFinished = 2;
inline constexpr unsigned kMidLine = 4;
inline constexpr unsigned kHasOrigin = 8;
inline constexpr unsigned kHasSeen = 16;
inline constexpr unsigned kSumIsWrites = 16;

// Of a file of at least kContentAt bytes, whatever stands in the checksum's place.
inline uint64_t CheckpointChecksum(std::string_view bytes) { return Crc64(bytes.substr(kCheckedAt), Crc64(bytes.substr(0, kChecksumAt))); }

}  // namespace logmill::checkpoint_frame
