// Records out of the spool, in its order, kept together until their destination has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "shipping/ship_record.h"

namespace logmill {

// One thread. Owns a copy of the records' bytes; the records are views into it, valid until they are taken off, Keep(), Clear() or
// destruction.
class ShipBatch {
 public:
  static constexpr size_t kBlockBytes = size_t{256} << 10;

  // `payload`: as the spool has it (spool_format.h). False, and nothing is added, when it makes no sense.
  bool Add(uint64_t sequence, std::string_view payload);
  // Keeps one block.
  void Clear();
  // Takes the last one off again; there is one.
  void PopBack();
  // Only these indices stay, ascending: they are counted anew from 0.
  void Keep(const std::vector<size_t>& records);

  [[nodiscard]] std::span<const ShipRecord> records() const { return records_; }
  [[nodiscard]] std::span<const uint64_t> sequences() const { return sequences_; }  // of the records
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }  // of the payloads

 private:
  char* Room(size_t bytes);
  // Of the last Room() that was not given back.
  void GiveBack(size_t bytes);

  // Blocks that never move, so that views stay valid while the batch grows. A payload that is longer than a block has one of its own.
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::unique_ptr<char[]>> long_ones_;
  size_t room_ = 0;  // left in the last block
  size_t bytes_ = 0;
  std::vector<ShipRecord> records_;
  std::vector<uint64_t> sequences_;
  std::vector<std::string_view> payloads_;
};

}  // namespace logmill
