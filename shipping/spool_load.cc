#include "shipping/spool_load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <vector>

#include "shipping/spool_format.h"
#include "shipping/spool_record.h"
#include "shipping/spool_scan.h"

namespace logmill {
namespace {

using namespace spool_format;

// Errors that say nothing about the segment: somebody has to mend something, or it is to be tried again.
bool IsOfTheSystem(int error) {
  constexpr std::array kErrors{EACCES, EPERM, EMFILE, ENFILE, ENOMEM};
  return std::ranges::find(kErrors, error) != kErrors.end();
}

class Loading {
 public:
  Loading(SpoolFolder& folder, SpoolCalls& calls) : folder_(folder), calls_(calls) {}
  ~Loading() { CloseLast(); }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  std::expected<LoadedSpool, std::string> Load() {
    const auto firsts = folder_.Segments();
    if (!firsts) return std::unexpected(firsts.error());
    for (const uint64_t first : *firsts) {
      if (const int error = Add(first); error != 0) return folder_.Failed("read", error);
      if (foreign_)
        return std::unexpected("the spool in " + folder_.path() +
                               " is of another version; run that version again, or choose another folder");
    }
    Cut();
    return std::move(loaded_);
  }

 private:
  // All before it end where it begins. 0, or an error that is not of the segment.
  int Add(uint64_t first) {
    const int file = folder_.OpenSegment(first);
    if (file < 0 && IsOfTheSystem(errno)) return errno;
    SpoolSegment segment{.first = first, .next = first};
    std::optional<FoundHeader> found;
    struct stat status{};
    if (file >= 0 && calls_.Status(file, &status) == 0) {
      segment.bytes = segment.synced_bytes = static_cast<uint64_t>(status.st_size);
      found = FindSpoolHeader(calls_, file, first);
    }
    CloseLast();
    if (!loaded_.index.empty()) {
      loaded_.index.back().next = first;
      loaded_.index.back().newest_ms = found && found->whole ? found->header.created_ms : std::numeric_limits<int64_t>::max();
    }
    file_ = file;
    found_ = found;
    foreign_ = found && found->header.version != kVersion;
    loaded_.index.Append(segment);
    return 0;
  }

  // Finds the end of the last one.
  void Cut() {
    if (loaded_.index.empty()) return;
    SpoolSegment& last = loaded_.index.back();
    uint64_t end = std::min<uint64_t>(last.bytes, kHeaderBytes);
    if (found_) {
      last.newest_ms = found_->header.created_ms;
      SpoolScan scan(calls_, file_, found_->header);
      while (scan.Next(last.bytes, std::numeric_limits<uint64_t>::max())) {
        end = scan.offset();
        last.next = scan.sequence() + 1;
        ShipRecord record;
        if (DecodeSpoolRecord(scan.payload(), &record)) last.newest_ms = std::max(last.newest_ms, record.read_ms);
      }
    }
    if ((!found_ || !found_->whole) && last.empty() && last.bytes > kHeaderBytes) return SetAside(last);
    loaded_.torn_bytes = last.bytes - end;
    if (loaded_.torn_bytes > 0) folder_.Cut(last.first, end);
    last.bytes = last.synced_bytes = end;
    loaded_.next_sequence = last.next;
    CloseLast();
  }

  // Nobody overwrites what may still be of use to somebody.
  void SetAside(SpoolSegment& last) {
    loaded_.aside = folder_.SetAside(last.first);
    if (loaded_.aside.empty()) ++last.next;
    loaded_.next_sequence = last.next;
    if (!loaded_.aside.empty()) loaded_.index.PopBack();
    CloseLast();
  }

  void CloseLast() {
    if (file_ >= 0) calls_.Close(file_);
    file_ = -1;
  }

  SpoolFolder& folder_;
  SpoolCalls& calls_;
  LoadedSpool loaded_;
  // Of the last one that was added.
  int file_ = -1;
  std::optional<FoundHeader> found_;
  bool foreign_ = false;
};

}  // namespace

std::expected<LoadedSpool, std::string> LoadSpool(SpoolFolder& folder, SpoolCalls& calls) { return Loading(folder, calls).Load(); }

std::optional<FoundHeader> FindSpoolHeader(SpoolCalls& calls, int file, uint64_t first) {
  std::array<char, kHeaderBytes> bytes;
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t read = calls.Read(file, bytes.data() + filled, bytes.size() - filled, filled);
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) return {};
    filled += static_cast<size_t>(read);
  }
  const auto header = DecodeSpoolHeader({bytes.data(), filled});
  if (header && (header->first == first || header->version != kVersion)) return FoundHeader{*header, true};
  FoundHeader found{.header = {.first = first}, .whole = false};
  std::copy_n(bytes.begin() + kSaltAt, found.header.salt.size(), found.header.salt.begin());
  return found;
}

}  // namespace logmill
