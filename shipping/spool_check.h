// Looks through a whole spool for damage, and takes it out.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "shipping/ship_record.h"
#include "shipping/spool_look.h"

namespace logmill {

using OnSpoolRecord = std::function<void(uint64_t sequence, const ShipRecord& record)>;

// Reads everything and changes nothing; a spool in use may be looked at, too. `on_record` (may be empty) gets each whole record, in
// order; it is valid during the call. Or says why the folder cannot be read.
std::expected<std::vector<SpoolSegmentCheck>, std::string> CheckSpool(const std::string& folder, const OnSpoolRecord& on_record = {});

// Writes each segment that is damaged anew, with its whole records under their numbers, and keeps the damaged file as NAME.damaged (or
// .damaged-2...). At any moment NAME is the one or the other. Nobody may use the spool meanwhile. The names of the files that were kept; or
// an error, when the spool is in use or something cannot be written: what was repaired before stays so.
std::expected<std::vector<std::string>, std::string> RepairSpool(const std::string& folder);

}  // namespace logmill
