// The spool's format on disk. docs/spool.md is its page for people.
//
// A spool is a folder. Records are in segments, files named by the sequence number of their first record: 20 digits and ".spool", so
// that names sort as records do. A segment is a header and frames, one a record. Numbers are little-endian, at no particular alignment.
//
//   header, 56 bytes, the same in all versions:
//     magic        8 bytes   "LOGMILLS"
//     version      32 bits   kVersion
//     reserved     32 bits   0
//     salt         16 bytes  random, new each time a spool is opened; no record and no message ever shows it
//     first        64 bits   sequence number of the first record; the same as in the name
//     created_ms   64 bits   Unix milliseconds
//     checksum     64 bits   XXH3 of the 48 bytes before
//   frame, 24 bytes and the payload:
//     marker       32 bits   of this salt (SpoolKey)
//     length       32 bits   of the payload
//     check        64 bits   of payload, length and sequence, with this salt (SpoolKey)
//     sequence     64 bits   higher than that of the frame before
//   payload, what is below and texts; spool_record.h writes and reads it. Varints and zigzag as in base/byte_writer.h:
//     flags        16 bits   kCut, kConsole...
//     format       8 bits    RecordFormat
//     message type 8 bits    Value::Type
//     id           2 x 64 bits   high, low
//     time_ns      64 bits   two's complement
//     read         zigzag    milliseconds between time_ns, rounded towards 0, and read_ms; modulo 2^64
//     pid          zigzag    only with kHasPid
//     line         varint    its length
//     level, context, message   each: where it begins in the line (varint), if flags say that it stands there; its length (varint)
//     source       varint    its length
//     stream       varint    its length; not with kStreamIsSource
//     texts        line; then level, context, message as far as they do not stand in the line; source; stream, unless it is the source
//
// A marker with a valid check is a frame wherever it stands, so a reader that met damage looks for the next one. Whoever can make us log a
// line of his choice knows neither marker nor check of a salt, and cannot write a frame into a payload.
//
// Which records a segment ends with is told by the first number of the next segment; the last one ends with its last whole frame. What
// follows that is torn, and is cut off at the next start.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_writer.h"

namespace logmill {

using SpoolSalt = std::array<char, 16>;

namespace spool_format {

inline constexpr std::string_view kMagic = "LOGMILLS";
inline constexpr uint32_t kVersion = 2;  // 1 had numbers of fixed width; no release wrote it
inline constexpr std::string_view kSuffix = ".spool";
inline constexpr std::string_view kLock = "lock";

// Of the header.
inline constexpr size_t kVersionAt = 8;
inline constexpr size_t kSaltAt = 16;
inline constexpr size_t kFirstAt = 32;
inline constexpr size_t kCreatedAt = 40;
inline constexpr size_t kHeaderChecksumAt = 48;
inline constexpr size_t kHeaderBytes = 56;

// Of a frame.
inline constexpr size_t kMarkerBytes = 4;
inline constexpr size_t kLengthAt = 4;
inline constexpr size_t kCheckAt = 8;
inline constexpr size_t kSequenceAt = 16;
inline constexpr size_t kFrameBytes = 24;  // before the payload

// Of a payload.
inline constexpr size_t kFlagsAt = 0;
inline constexpr size_t kFormatAt = 2;
inline constexpr size_t kMessageTypeAt = 3;
inline constexpr size_t kIdAt = 4;
inline constexpr size_t kTimeAt = 20;
inline constexpr size_t kVarintsAt = 28;
inline constexpr size_t kLeastPayloadBytes = kVarintsAt + 6;  // with all texts empty
inline constexpr size_t kMostBytesBesideTexts = kVarintsAt + 11 * kMaxVarintBytes;

inline constexpr uint16_t kCut = 1;
inline constexpr uint16_t kConsole = 2;
inline constexpr uint16_t kHasPid = 4;
inline constexpr uint16_t kLevelInLine = 8;
inline constexpr uint16_t kContextInLine = 16;
inline constexpr uint16_t kMessageInLine = 32;
inline constexpr uint16_t kStreamIsSource = 64;
inline constexpr uint16_t kAllFlags = 127;

// A longer text is cut: no store takes one. So a damaged length can never make a reader take more memory than six of them.
inline constexpr size_t kMaxTextBytes = size_t{16} << 20;
inline constexpr size_t kMaxPayloadBytes = kMostBytesBesideTexts + 6 * kMaxTextBytes;

}  // namespace spool_format
}  // namespace logmill
