#include "shipping/spool_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "shipping/spool_load.h"
#include "shipping/spool_scan.h"

namespace logmill {
namespace {

// Errors that pass.
bool Passes(int error) {
  constexpr std::array kErrors{EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN};
  return std::ranges::find(kErrors, error) != kErrors.end();
}

}  // namespace

struct SpoolReader::State {
  State(const Spool& of, uint64_t from) : spool(of), sequence(std::max<uint64_t>(from, 1)) {}
  ~State() { Leave(); }

  bool Next(ShipBatch& batch);
  bool Enter();
  bool Open(const SpoolSegment& next);
  void Leave();
  bool Take(ShipBatch& batch);
  void PassTo(uint64_t next, uint64_t bytes);

  const Spool& spool;
  uint64_t sequence;
  uint64_t missing = 0;
  uint64_t damaged = 0;
  SpoolSegment segment{};  // as it was when last asked for
  int file = -1;
  std::optional<SpoolScan> scan{};
};

bool SpoolReader::State::Next(ShipBatch& batch) {
  while (sequence < spool.next_sequence()) {
    if (!scan || sequence >= segment.next) {
      if (!Enter()) return false;
    } else if (!scan->Next(segment.bytes, segment.next)) {
      PassTo(segment.next, scan->passed_over());
    } else if (Take(batch)) {
      return true;
    }
  }
  return false;
}

// The frame that was found. False: it is one before the place where we begin, or makes no sense.
bool SpoolReader::State::Take(ShipBatch& batch) {
  if (scan->sequence() < sequence) return false;
  if (scan->sequence() > sequence) PassTo(scan->sequence(), scan->passed_over());
  if (batch.Add(sequence, scan->payload())) {
    ++sequence;
    return true;
  }
  PassTo(sequence + 1, scan->payload().size());
  return false;
}

// What is between here and there is lost, and so many bytes with it.
void SpoolReader::State::PassTo(uint64_t next, uint64_t bytes) {
  missing += next - sequence;
  damaged += bytes;
  sequence = next;
}

// Goes to the segment that has `sequence`, or takes notice of how much it has grown.
bool SpoolReader::State::Enter() {
  const SpoolSegment now = spool.SegmentAt(sequence);
  if (now.first > sequence) PassTo(now.first, 0);
  if (now.empty()) return true;
  if (!scan || now.id != segment.id) return Open(now);
  segment = now;
  return true;
}

bool SpoolReader::State::Open(const SpoolSegment& next) {
  Leave();
  file = spool.OpenSegment(next);
  if (file < 0 && Passes(errno)) return false;
  if (file < 0) {
    PassTo(next.next, 0);
    return true;
  }
  const std::optional<FoundHeader> found = FindSpoolHeader(spool.calls(), file, next.first);
  if (!found) {
    PassTo(next.next, next.bytes);
    return true;
  }
  if (!found->whole) damaged += spool_format::kHeaderBytes;
  segment = next;
  scan.emplace(spool.calls(), file, found->header);
  return true;
}

void SpoolReader::State::Leave() {
  if (file >= 0) spool.calls().Close(file);
  file = -1;
  scan.reset();
}

SpoolReader::SpoolReader(const Spool& spool, uint64_t sequence) : state_(std::make_unique<State>(spool, sequence)) {}

SpoolReader::~SpoolReader() = default;

bool SpoolReader::Next(ShipBatch& batch) { return state_->Next(batch); }

uint64_t SpoolReader::sequence() const { return state_->sequence; }

void SpoolReader::SkipTo(uint64_t sequence) { state_->sequence = std::max(state_->sequence, sequence); }

uint64_t SpoolReader::missing_records() const { return state_->missing; }

uint64_t SpoolReader::damaged_bytes() const { return state_->damaged; }

}  // namespace logmill
