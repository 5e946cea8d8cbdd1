#include "shipping/spool_look.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "shipping/open_file.h"
#include "shipping/ship_record.h"
#include "shipping/spool_format.h"
#include "shipping/spool_load.h"
#include "shipping/spool_record.h"

namespace logmill {
namespace {

using namespace spool_format;

constexpr uint64_t kNoEnd = std::numeric_limits<uint64_t>::max();

std::optional<SpoolHeader> HeaderOf(int file, uint64_t first) {
  const auto found = FindSpoolHeader(RealSpoolCalls(), file, first);
  return found && found->whole ? std::optional(found->header) : std::nullopt;
}

void AddDamage(SpoolSegmentCheck& segment, uint64_t offset, uint64_t bytes) {
  if (bytes == 0) return;
  ++segment.damaged_places;
  segment.damaged_bytes += bytes;
  if (segment.damage.size() < SpoolSegmentCheck::kDamageListed) segment.damage.push_back({offset, bytes});
}

void AddRecord(SpoolSegmentCheck& segment, uint64_t sequence, int64_t time_ns) {
  if (segment.records++ == 0) {
    segment.first = sequence;
    segment.oldest_ns = segment.newest_ns = time_ns;
  }
  segment.last = sequence;
  segment.oldest_ns = std::min(segment.oldest_ns, time_ns);
  segment.newest_ns = std::max(segment.newest_ns, time_ns);
}

// Where its last whole frame ends.
uint64_t AddFrames(SpoolSegmentCheck& segment, SpoolScan& scan, uint64_t next, const SpoolLook::OnFrame& on_frame) {
  uint64_t end = std::min<uint64_t>(segment.bytes, kHeaderBytes);
  while (scan.Next(segment.bytes, next)) {
    ShipRecord record;
    const bool makes_sense = DecodeSpoolRecord(scan.payload(), &record);
    AddDamage(segment, end, scan.passed_over() + (makes_sense ? 0 : scan.frame().size()));
    end = scan.offset();
    if (!makes_sense) continue;
    AddRecord(segment, scan.sequence(), record.time_ns);
    if (on_frame) on_frame(scan);
  }
  return end;
}

}  // namespace

std::expected<SpoolLook, std::string> SpoolLook::Begin(std::string folder) {
  SpoolLook look(std::move(folder));
  std::error_code error;
  for (std::filesystem::directory_iterator entry(look.folder_, error), end; !error && entry != end; entry.increment(error)) {
    const auto first = FirstOfSegmentName(entry->path().filename().native());
    if (first && !entry->is_directory(error)) look.firsts_.push_back(*first);
  }
  if (error) return std::unexpected("cannot read " + look.folder_ + ": " + error.message());
  std::ranges::sort(look.firsts_);
  for (const uint64_t first : look.firsts_) look.NoteSalt(first);
  return look;
}

std::optional<SpoolSegmentCheck> SpoolLook::Look(size_t index, const OnFrame& on_frame) const {
  const uint64_t first = firsts_[index];
  const bool is_last = index + 1 == firsts_.size();
  SpoolSegmentCheck segment{.name = SegmentName(first)};
  const OpenFile file(Open(first));
  if (!file && errno == ENOENT) return {};
  if (!file) {
    segment.error = std::generic_category().message(errno);
    return segment;
  }
  if (!LookAtHeader(file.get(), first, segment)) return segment;
  if (segment.header_damaged && is_last && segment.bytes <= kHeaderBytes) {  // it was just begun
    segment.torn_bytes = segment.bytes;
    return segment;
  }
  if (segment.header_damaged) AddDamage(segment, 0, std::max<uint64_t>(1, std::min<uint64_t>(segment.bytes, kHeaderBytes)));
  SpoolScan scan(RealSpoolCalls(), file.get(), segment.header);
  const uint64_t next = is_last ? kNoEnd : firsts_[index + 1];
  const uint64_t end = AddFrames(segment, scan, next, on_frame);
  if (is_last) {
    segment.torn_bytes = segment.bytes - end;
  } else {
    AddDamage(segment, end, segment.bytes - end);
  }
  const uint64_t last = is_last ? std::max(segment.last, first - 1) : next - 1;
  segment.missing = last - (first - 1) - segment.records;
  return segment;
}

int SpoolLook::Open(uint64_t first) const {
  const std::string path = folder_ + "/" + SegmentName(first);
  return RealSpoolCalls().Open(AT_FDCWD, path.c_str());
}

void SpoolLook::NoteSalt(uint64_t first) {
  const OpenFile file(Open(first));
  const auto header = file ? HeaderOf(file.get(), first) : std::nullopt;
  if (header && std::ranges::find(salts_, header->salt) == salts_.end()) salts_.push_back(header->salt);
}

// False, with the reason, when there is no looking further.
bool SpoolLook::LookAtHeader(int file, uint64_t first, SpoolSegmentCheck& segment) const {
  struct stat status{};
  if (RealSpoolCalls().Status(file, &status) != 0) {
    segment.error = std::generic_category().message(errno);
    return false;
  }
  segment.bytes = static_cast<uint64_t>(status.st_size);
  const auto header = HeaderOf(file, first);
  if (header && header->version != kVersion) segment.error = "it is of another version";
  segment.header_damaged = !header;
  segment.header = header ? *header : GuessHeader(file, first, segment.bytes);
  if (!header) segment.header.created_ms = static_cast<int64_t>(status.st_mtim.tv_sec) * 1000;
  return segment.error.empty();
}

SpoolHeader SpoolLook::GuessHeader(int file, uint64_t first, uint64_t bytes) const {
  std::vector<SpoolSalt> salts = salts_;
  if (const auto found = FindSpoolHeader(RealSpoolCalls(), file, first)) salts.push_back(found->header.salt);
  for (const SpoolSalt& salt : salts) {
    const SpoolHeader header{.salt = salt, .first = first};
    if (SpoolScan(RealSpoolCalls(), file, header).Next(bytes, kNoEnd)) return header;
  }
  return {.salt = RandomSpoolSalt(), .first = first};
}

}  // namespace logmill
