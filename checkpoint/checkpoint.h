// A checkpoint: where reading goes on and what was counted until there, of one moment, and its format on disk. docs/checkpoint.md is the
// format's page for people.
//
//   magic        8 bytes   "LOGMILLC"
//   version      fixed32   kCheckpointFormat. The frame (these first four) is the same in all versions
//   reserved     fixed32   0
//   checksum     fixed64   CRC-64 (crc64.h) of the 16 bytes before and of everything after
//   generation   fixed64   counts the checkpoints of a state folder; the higher one is newer
//   written_ms   fixed64   Unix milliseconds
//   content:
//     version of the program    text
//     counts                    number of them; each: key (text), value (varint)
//     positions                 number of them; each: source, path (texts), device, inode (varints), born_ns (signed), read (varint),
//                               head_hash (fixed64), head_bytes (varint), tail (text), size (varint), modified_ns (signed), flags (byte:
//                               1 moved, 2 finished, 4 mid_line, 8 an origin follows, 16 what was seen follows), cursor (text), offset
//                               (varint), pending (text); origin (fixed64); seen_ns (signed), milestones (text)
//     families                  number of them; each: name (text), type (byte: 0 counter, 1 gauge, 2 histogram), number of labels and their
//                               names (texts), number of buckets and their bounds (fixed64: the bits of a double), fingerprint (fixed64),
//                               number of series, series
//
// Numbers are little-endian; varint, signed and text as in byte_writer.h. A series is:
//     flags        byte      bits 0-3: the sum's word of this number is not 0 and follows; bit 4: the sum is the integer `writes`, and no
//                            word follows
//     labels       shared texts, as many as the family has labels
//     created_ms   signed    minus that of the family's series before it (0 before the first)
//     writes       varint
//     counter, histogram: the words of the sum that follow (0 and 3: fixed64, 1: varint, 2: signed)
//     gauge: stamp (varint), bits of its value (fixed64); both only if writes is not 0
//     histogram: its buckets (varints), one more than the family has bounds
// A shared text is a varint n. 0: a text follows. It gets the next number, from 1, if it has at most kSharedBytes bytes. Else the text that
// has the number n. Numbers go through the whole file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/store_state.h"
#include "sources/position.h"

namespace logmill {

inline constexpr uint32_t kCheckpointFormat = 1;

struct Checkpoint {
  uint64_t generation = 0;
  int64_t written_ms = 0;  // Unix time
  std::string version{};   // of the program that wrote it
  std::vector<Position> positions{};
  StoreState series{};
  std::vector<std::pair<std::string, uint64_t>> counts{};  // our own counters by key: "source/gallery/lines_read"
};

std::string EncodeCheckpoint(const Checkpoint& checkpoint);

// Everything but the generation and the time: equal for checkpoints that hold the same. A view of `bytes`, which EncodeCheckpoint made.
std::string_view CheckpointContent(std::string_view bytes);

struct CheckpointError {
  enum class Kind : uint8_t {
    kDamaged,  // cut off, changed, or never a checkpoint
    kNewer,    // whole, but of a newer version of the format
  };
  Kind kind = Kind::kDamaged;
  std::string message{};  // a sentence without a period, to stand behind the name of the file
};

// The checksum is verified before anything is looked at. Any bytes are survived: time and memory are linear in their number.
std::expected<Checkpoint, CheckpointError> DecodeCheckpoint(std::string_view bytes);

}  // namespace logmill
