#include "shipping/shipper.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace logmill {
namespace {

using std::chrono::nanoseconds;

// Numbers of records that are not sent, for each one that may be in a batch: bounds one step's reading where nearly all is filtered.
constexpr uint64_t kMostPassed = 16;
constexpr std::chrono::seconds kStuckPause{1};
// At hand in a search; of the usual size where they are smaller, so that a record that is larger than a batch leaves room for others.
constexpr size_t kMostBatches = 4;

}  // namespace

Shipper::Shipper(ShipperOptions options, std::unique_ptr<Destination> destination, Spool& spool, const Clock& clock)
    : options_(std::move(options)),
      destination_(std::move(destination)),
      spool_(spool),
      clock_(clock),
      reports_(options_.name, options_.on_error, options_.on_recovery, clock),
      refused_(FileName(".refused.ndjson"), options_.name, options_.max_refused_bytes, clock),
      back_off_(options_.first_pause, options_.max_pause, options_.jitter_seed),
      cursor_(LoadCursor()),
      saved_(cursor_.sequence),
      reader_(spool, cursor_.sequence),
      progress_(cursor_) {
  destination_->Resume(cursor_.note);
  Count();
}

Shipper::~Shipper() = default;

ShipCursor Shipper::LoadCursor() {
  std::error_code ignored;
  std::filesystem::create_directories(options_.folder, ignored);
  bool damaged = false;
  auto cursor = LoadShipCursor(FileName(".cursor"), &damaged);
  if (damaged) reports_.Notice("its cursor is damaged and was set aside; everything in the spool is sent again");
  if (!cursor) return {.sequence = spool_.first_sequence()};
  // Beyond the end in a spool that was begun anew.
  if (cursor->end() > spool_.next_sequence()) cursor->ahead.clear();
  cursor->sequence = std::min(cursor->sequence, spool_.next_sequence());
  return *cursor;
}

bool Shipper::SaveCursor() {
  cursor_.note = destination_->Note();
  const auto saved = SaveShipCursor(FileName(".cursor"), cursor_);
  if (!saved) reports_.Notice(saved.error() + "; after a crash some records will be sent again");
  unsaved_ = !saved;
  // Also when it was not: on a full disk the spool has to become smaller before anything can be saved again.
  saved_.store(cursor_.sequence, std::memory_order_release);
  if (options_.on_cursor) options_.on_cursor();
  return saved.has_value();
}

void Shipper::Count() {
  int64_t oldest_ms = 0;
  for (size_t record = 0; record < batch_.records().size() && oldest_ms == 0; ++record) {
    if (progress_.is_open(record)) oldest_ms = batch_.records()[record].read_ms;
  }
  counters_.SetCursor(cursor_, oldest_ms);
}

nanoseconds Shipper::Step() {
  GiveUp();
  reports_.Remind();
  if (clock_.Monotonic() < pause_until_) return pause_until_;
  // What a destination could take back after a crash is what it wrote since its last note.
  if (unsaved_ && !SaveCursor() && !cursor_.note.empty()) {
    pause_until_ = clock_.Monotonic() + back_off_.Next();
    return pause_until_;
  }
  if (!sending_) Fill();
  if (!sending_ && clock_.Monotonic() < Due()) return Due();
  if (!sending_) BeginSending();
  Attempt();
  MoveOn();
  return pause_until_ > clock_.Monotonic() ? pause_until_ : nanoseconds(0);
}

void Shipper::BeginSending() {
  groups_.Begin(progress_, batch_.records().size());
  sending_ = true;
}

void Shipper::Fill() {
  const uint64_t end = spool_.next_sequence();
  const uint64_t before = progress_.size();
  bool more = true;
  while (!IsFull() && more) {
    more = reader_.Next(batch_);
    if (more) Judge(reader_.sequence() - 1);
    progress_.Pass(reader_.sequence(), ShipOutcome::kDamaged);
  }
  stuck_ = !more && reader_.sequence() < end;
  if (before == 0) first_read_ = clock_.Monotonic();
  if (progress_.size() != before) Count();
}

// The last record of the batch, which has this number: whether it stays there.
void Shipper::Judge(uint64_t sequence) {
  progress_.Pass(sequence, ShipOutcome::kDamaged);
  const ShipRecord& record = batch_.records().back();
  if (record.read_ms < OldestAllowed()) {
    progress_.Pass(sequence + 1, ShipOutcome::kDroppedOld);
  } else if (!options_.filter.Passes(record)) {
    progress_.Pass(sequence + 1, ShipOutcome::kFiltered);
  } else if (progress_.AddRecord()) {
    return;
  }
  batch_.PopBack();
}

// One more record behind the batch, for the search.
void Shipper::ReadAnother() {
  if (!HasRoom()) Compact();
  if (!HasRoom()) return;
  const size_t before = batch_.records().size();
  for (uint64_t passed = 0; passed < kMostPassed * options_.batch_records && batch_.records().size() == before; ++passed) {
    const bool more = reader_.Next(batch_);
    if (more) Judge(reader_.sequence() - 1);
    progress_.Pass(reader_.sequence(), ShipOutcome::kDamaged);
    if (!more) break;
  }
  if (batch_.records().size() > before) groups_.Add(before);
}

void Shipper::Compact() {
  const std::vector<size_t> kept = progress_.KeepOpen();
  batch_.Keep(kept);
  groups_.Keep(kept);
}

bool Shipper::HasRoom() const {
  const ShipperOptions usual;
  return batch_.records().size() < kMostBatches * std::max(options_.batch_records, usual.batch_records) &&
         batch_.bytes() < kMostBatches * std::max(options_.batch_bytes, usual.batch_bytes);
}

bool Shipper::IsFull() const {
  return batch_.records().size() >= options_.batch_records || batch_.bytes() >= options_.batch_bytes ||
         progress_.size() >= kMostPassed * options_.batch_records;
}

nanoseconds Shipper::Due() const {
  if (IsFull()) return nanoseconds(0);
  const nanoseconds retry = stuck_ ? clock_.Monotonic() + kStuckPause : kNever;
  if (progress_.size() == 0) return retry;
  return draining_ ? nanoseconds(0) : std::min<nanoseconds>(first_read_ + options_.batch_wait, retry);
}

int64_t Shipper::OldestAllowed() const {
  return options_.max_age.count() == 0 ? INT64_MIN : clock_.UnixMillis() - std::chrono::milliseconds(options_.max_age).count();
}

void Shipper::GiveUp() {
  uint64_t full = 0;
  uint64_t old = 0;
  if (options_.when_full == WhenFull::kDropOldest && spool_.BytesFrom(cursor_.sequence) > options_.max_backlog_bytes) {
    full = DropBefore(spool_.SequenceWithin(options_.max_backlog_bytes), ShipOutcome::kDroppedFull);
  }
  if (options_.max_age.count() > 0) old = DropOld(OldestAllowed());
  if (full + old > 0) MoveOn();
}

uint64_t Shipper::DropBefore(uint64_t sequence, ShipOutcome outcome) {
  uint64_t dropped = 0;
  for (size_t record = 0; record < batch_.records().size() && batch_.sequences()[record] < sequence; ++record) {
    if (!progress_.is_open(record)) continue;
    progress_.Settle(record, outcome);
    ++dropped;
  }
  if (progress_.end() >= sequence) return dropped;
  dropped += sequence - progress_.end();
  progress_.Pass(sequence, outcome);
  reader_.SkipTo(sequence);
  return dropped;
}

uint64_t Shipper::DropOld(int64_t oldest_ms) {
  uint64_t dropped = 0;
  for (size_t record = 0; record < batch_.records().size(); ++record) {
    if (!progress_.is_open(record) || batch_.records()[record].read_ms >= oldest_ms) continue;
    progress_.Settle(record, ShipOutcome::kDroppedOld);
    ++dropped;
  }
  const uint64_t since = spool_.SequenceSince(oldest_ms);
  return progress_.end() < since ? dropped + DropBefore(since, ShipOutcome::kDroppedOld) : dropped;
}

// What is settled is not sent again by another life, and the spool may become smaller, even while the rest of the batch waits. A batch that
// is settled makes room for the next one.
void Shipper::MoveOn() {
  const ShipCursor before = cursor_;
  progress_.MoveOn(cursor_);
  TellLosses(before);
  if (progress_.finished()) {
    batch_.Clear();
    progress_.Clear();
    sending_ = false;
  }
  if (progress_.finished() || cursor_ != before) SaveCursor();
  Count();
}

void Shipper::TellLosses(const ShipCursor& before) {
  const auto tell = [&](ShipOutcome outcome, uint64_t ShipCursor::* counter, const char* words) {
    if (cursor_.*counter > before.*counter) reports_.Lost(outcome, cursor_.*counter - before.*counter, words);
  };
  tell(ShipOutcome::kDroppedFull, &ShipCursor::dropped_full,
       "dropped: more waited for it than max_backlog_bytes; with `when_full: block` reading would wait");
  tell(ShipOutcome::kDroppedOld, &ShipCursor::dropped_old, "dropped: waited longer than max_age");
  tell(ShipOutcome::kDamaged, &ShipCursor::damaged, "lost: cannot be read from the spool");
}

bool Shipper::blocks() const { return options_.when_full == WhenFull::kBlock && spool_.BytesFrom(cursor()) > options_.max_backlog_bytes; }

ShipStats Shipper::stats() const {
  ShipCounters::Moment now = counters_.Read();
  const uint64_t end = std::max(spool_.next_sequence(), now.sequence);
  now.stats.backlog_records = end - now.sequence;
  if (now.stats.backlog_records == 0) return now.stats;
  now.stats.backlog_bytes = spool_.BytesFrom(now.sequence);
  if (now.oldest_read_ms != 0)
    now.stats.backlog_oldest_seconds = static_cast<double>(std::max<int64_t>(0, clock_.UnixMillis() - now.oldest_read_ms)) / 1e3;
  return now.stats;
}

}  // namespace logmill
