#include "shipping/ship_batch.h"

#include <algorithm>
#include <utility>

#include "shipping/spool_record.h"

namespace logmill {

bool ShipBatch::Add(uint64_t sequence, std::string_view payload) {
  char* const copy = Room(payload.size());
  std::ranges::copy(payload, copy);
  ShipRecord record;
  if (!DecodeSpoolRecord({copy, payload.size()}, &record)) {
    GiveBack(payload.size());
    return false;
  }
  records_.push_back(record);
  sequences_.push_back(sequence);
  payloads_.emplace_back(copy, payload.size());
  bytes_ += payload.size();
  return true;
}

void ShipBatch::Clear() {
  if (!blocks_.empty()) {
    blocks_.resize(1);
    room_ = kBlockBytes;
  }
  long_ones_.clear();
  records_.clear();
  sequences_.clear();
  payloads_.clear();
  bytes_ = 0;
}

void ShipBatch::PopBack() {
  const size_t length = payloads_.back().size();
  bytes_ -= length;
  records_.pop_back();
  sequences_.pop_back();
  payloads_.pop_back();
  GiveBack(length);
}

void ShipBatch::Keep(const std::vector<size_t>& records) {
  ShipBatch kept;
  for (const size_t record : records) kept.Add(sequences_[record], payloads_[record]);
  *this = std::move(kept);
}

char* ShipBatch::Room(size_t bytes) {
  if (bytes > kBlockBytes) return long_ones_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
  if (blocks_.empty() || room_ < bytes) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    room_ = kBlockBytes;
  }
  char* const room = blocks_.back().get() + (kBlockBytes - room_);
  room_ -= bytes;
  return room;
}

void ShipBatch::GiveBack(size_t bytes) {
  if (bytes > kBlockBytes) {
    long_ones_.pop_back();
    return;
  }
  room_ += bytes;
  // An empty block would not be where the record before stands.
  if (room_ == kBlockBytes && blocks_.size() > 1) {
    blocks_.pop_back();
    room_ = 0;
  }
}

}  // namespace logmill
