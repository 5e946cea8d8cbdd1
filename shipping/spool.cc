#include "shipping/spool.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "shipping/ship_batch.h"
#include "shipping/spool_header.h"
#include "shipping/spool_load.h"
#include "shipping/spool_reader.h"

namespace logmill {
namespace {

constexpr uint64_t kIdleBytes = uint64_t{1} << 20;

bool IsFull(int error) { return error == ENOSPC || error == EDQUOT; }

}  // namespace

std::expected<std::unique_ptr<Spool>, std::string> Spool::Open(SpoolOptions options, const Clock& clock, SpoolCalls* calls) {
  std::unique_ptr<Spool> spool(new Spool(std::move(options), clock, calls != nullptr ? *calls : RealSpoolCalls()));
  auto folder = SpoolFolder::Open(spool->options_.folder, spool->calls_);
  if (!folder) return std::unexpected(folder.error());
  auto loaded = LoadSpool(**folder, spool->calls_);
  if (!loaded) return std::unexpected(loaded.error());
  MutexLock lock(spool->mutex_);
  spool->folder_ = std::move(*folder);
  spool->index_ = std::move(loaded->index);
  spool->torn_bytes_ = loaded->torn_bytes;
  if (!loaded->aside.empty())
    spool->damage_ = "the last segment of the spool in " + spool->options_.folder + " is damaged, and kept as " + loaded->aside;
  spool->next_sequence_ = std::max(loaded->next_sequence, spool->options_.not_before);
  return spool;
}

Spool::Spool(SpoolOptions options, const Clock& clock, SpoolCalls& calls)
    : options_(std::move(options)), clock_(clock), calls_(calls), key_(RandomSpoolSalt()) {}

Spool::~Spool() {
  MutexLock lock(mutex_);
  CloseSegment();
}

std::expected<void, std::string> Spool::Append(SpoolBatch& batch) {
  if (batch.empty()) return {};
  {
    MutexLock lock(mutex_);
    if (auto written = Write(batch); !written) return written;
  }
  changed_.NotifyAll();
  batch.Clear();
  return {};
}

std::expected<void, std::string> Spool::Write(SpoolBatch& batch) {
  if (batch.key_.salt() != key_.salt()) return std::unexpected("the records were encoded for another spool");
  if (auto ready = MakeReady(); !ready) return ready;
  SpoolSegment& segment = index_.back();
  const std::string_view bytes = batch.Number(segment.next);
  if (const int error = WriteAll(bytes, segment.bytes); error != 0) {
    const bool cut = calls_.Truncate(file_, segment.bytes) == 0;
    if (!cut || !IsFull(error)) CloseSegment();
    return folder_->Failed("write", error);
  }
  segment.bytes += bytes.size();
  segment.next += batch.records();
  segment.newest_ms = std::max(segment.newest_ms, batch.newest_read_ms_);
  next_sequence_.store(segment.next, std::memory_order_release);
  if (segment.bytes >= options_.segment_bytes) CloseSegment();
  return {};
}

std::expected<void, std::string> Spool::MakeReady() {
  if (file_ >= 0 && clock_.Monotonic() - begun_ >= options_.segment_age && !index_.back().empty()) CloseSegment();
  if (file_ >= 0 && IsGone()) CloseSegment();
  return file_ >= 0 ? std::expected<void, std::string>() : BeginSegment();
}

// A file that could not be made whole stays, and is emptied by the next call: its name alone tells the next life where to go on.
std::expected<void, std::string> Spool::BeginSegment() {
  const uint64_t first = next_sequence();
  ForgetGone();
  file_ = folder_->Create(first);
  if (file_ < 0) return folder_->Failed("write", errno);
  const int64_t now = clock_.UnixMillis();
  const std::string header = EncodeSpoolHeader({.salt = key_.salt(), .first = first, .created_ms = now});
  index_.Append({.first = first, .next = first, .bytes = header.size(), .newest_ms = now});
  begun_ = clock_.Monotonic();
  if (const int error = WriteAll(header, 0); error != 0) {
    CloseSegment();
    return folder_->Failed("write", error);
  }
  return {};
}

void Spool::CloseSegment() {
  if (file_ >= 0) calls_.Close(file_);
  file_ = -1;
}

// Somebody removed the file, or the folder with it: what is written now would be nowhere.
bool Spool::IsGone() const {
  struct stat status{};
  return calls_.Status(file_, &status) == 0 && status.st_nlink == 0;
}

void Spool::ForgetGone() {
  if (folder_->IsGone()) return index_.Clear();
  if (index_.empty()) return;
  const int file = folder_->OpenSegment(index_.back().first);
  if (file >= 0) calls_.Close(file);
  if (file < 0 && errno == ENOENT) index_.PopBack();
}

int Spool::WriteAll(std::string_view bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = calls_.Write(file_, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    bytes.remove_prefix(static_cast<size_t>(written));
    at += static_cast<uint64_t>(written);
  }
  return 0;
}

std::expected<void, std::string> Spool::Sync() {
  uint64_t done = 0;
  uint64_t last = 0;
  {
    MutexLock lock(mutex_);
    if (!index_.empty()) last = index_.back().id;
  }
  for (;;) {
    const auto more = SyncNext(&done, last);
    if (!more) return std::unexpected(more.error());
    if (!*more) return SyncFolder();
  }
}

// The first segment behind `*done` and up to `last`. False: there is none.
std::expected<bool, std::string> Spool::SyncNext(uint64_t* done, uint64_t last) {
  std::optional<SpoolSegment> segment;
  int file = -1;
  {
    MutexLock lock(mutex_);
    segment = index_.Unsynced(*done);
    if (!segment || segment->id > last) return false;
    *done = segment->id;
    file = folder_->OpenSegment(segment->first);
    if (file < 0 && errno == ENOENT) return true;  // nothing is left to be synced
    if (file < 0) return folder_->Failed("sync", errno);
  }
  const int error = calls_.SyncFile(file) == 0 ? 0 : errno;
  calls_.Close(file);
  MutexLock lock(mutex_);
  if (error != 0) return folder_->Failed("sync", error);
  index_.MarkSynced(segment->id, segment->bytes);
  return true;
}

std::expected<void, std::string> Spool::SyncFolder() {
  uint64_t newest = 0;
  int file = -1;
  {
    MutexLock lock(mutex_);
    if (index_.empty() || index_.back().id == folder_synced_) return {};
    newest = index_.back().id;
    file = folder_->OpenFolder();
    if (file < 0 && errno == ENOENT) return {};  // as above
    if (file < 0) return folder_->Failed("sync", errno);
  }
  const int error = calls_.SyncFolder(file) == 0 ? 0 : errno;
  calls_.Close(file);
  MutexLock lock(mutex_);
  // Some network file systems cannot sync a folder, and say so by EINVAL.
  if (error != 0 && error != EINVAL) return folder_->Failed("sync", error);
  folder_synced_ = std::max(folder_synced_, newest);
  return {};
}

// Appends come between two segments: removing a large file takes its time.
void Spool::Release(uint64_t sequence) {
  for (;;) {
    MutexLock lock(mutex_);
    if (!RemoveOldest(sequence)) return;
  }
}

bool Spool::RemoveOldest(uint64_t sequence) {
  if (index_.empty() || index_.front().next > std::min(sequence, next_sequence())) return false;
  if (index_.size() == 1) {
    // The last one keeps the numbers, until there is another to do so.
    if (index_.front().bytes <= kIdleBytes) return false;
    CloseSegment();
    if (!BeginSegment()) return false;
  }
  if (!folder_->Remove(index_.front().first)) return false;
  index_.PopFront();
  return true;
}

uint64_t Spool::first_sequence() const {
  MutexLock lock(mutex_);
  return index_.FirstSequence(next_sequence());
}

uint64_t Spool::bytes() const {
  MutexLock lock(mutex_);
  return index_.Bytes();
}

uint64_t Spool::BytesFrom(uint64_t sequence) const {
  MutexLock lock(mutex_);
  return index_.BytesFrom(sequence);
}

uint64_t Spool::SequenceWithin(uint64_t bytes) const {
  MutexLock lock(mutex_);
  return index_.SequenceWithin(bytes, next_sequence());
}

uint64_t Spool::SequenceSince(int64_t read_ms) const {
  MutexLock lock(mutex_);
  return index_.SequenceSince(read_ms, next_sequence());
}

void Spool::WaitFor(uint64_t sequence, std::chrono::nanoseconds patience) const {
  MutexLock lock(mutex_);
  const uint64_t wakes = wakes_;
  changed_.WaitFor(mutex_, patience, [&]() REQUIRES(mutex_) { return next_sequence() > sequence || wakes_ != wakes; });
}

void Spool::WakeAll() {
  {
    MutexLock lock(mutex_);
    ++wakes_;
  }
  changed_.NotifyAll();
}

std::vector<RecordId> Spool::IdsFrom(uint64_t sequence, size_t most) const {
  const uint64_t next = next_sequence();
  const uint64_t first = std::max(sequence, next - std::min<uint64_t>(next, most));
  std::vector<RecordId> ids;
  ids.reserve(static_cast<size_t>(next - std::min(next, first)));
  SpoolReader reader(*this, first);
  for (ShipBatch batch; reader.Next(batch); batch.Clear()) ids.push_back(batch.records().front().id);
  return ids;
}

SpoolSegment Spool::SegmentAt(uint64_t sequence) const {
  MutexLock lock(mutex_);
  return index_.At(sequence).value_or(SpoolSegment{.first = next_sequence(), .next = next_sequence()});
}

int Spool::OpenSegment(const SpoolSegment& segment) const {
  MutexLock lock(mutex_);
  return folder_->OpenSegment(segment.first);
}

}  // namespace logmill
