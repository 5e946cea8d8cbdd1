// A file of JSON lines (NDJSON), rotated. One object a record (record_json.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "shipping/destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

struct FileDestinationOptions {
  std::string path = {};                     // its folder is made
  uint64_t max_bytes = uint64_t{100} << 20;  // then it becomes path.1, path.1 becomes path.2 ...; 0: never
  unsigned keep = 5;                         // rotated files
  bool raw = false;                          // the record's line alone, as it was, in place of an object
  ShipIdentity identity = {};
};

// Exactly once, across SIGKILL too: the note says how long the file was when the cursor was saved, and what a life wrote beyond it is taken
// back by the next one. Each batch is on the disk (fdatasync) when it is taken. It is rotated between batches, so one may exceed
// `max_bytes`. What cannot be written, or only in part (a full disk), is taken back: kRetry, kDisk. A file that somebody else rotated
// (another inode) is gone on with as it is; when that happens during the very batch that a SIGKILL ends, this batch stands there twice.
std::unique_ptr<Destination> MakeFileDestination(FileDestinationOptions options);

}  // namespace logmill
