// Any bytes as a checkpoint, first as they are, then as the content of one whose checksum is right: nothing breaks, memory stays linear,
// and what is accepted is written and read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/byte_writer.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_frame.h"

namespace {

using namespace logmill;

void Require(bool holds) {
  if (!holds) std::abort();
}

void RoundTrip(std::string_view bytes) {
  const auto checkpoint = DecodeCheckpoint(bytes);
  if (!checkpoint) return Require(!checkpoint.error().message.empty());
  const std::string encoded = EncodeCheckpoint(*checkpoint);
  const auto again = DecodeCheckpoint(encoded);
  Require(again.has_value());
  Require(EncodeCheckpoint(*again) == encoded);
  Require(again->series.families.size() == checkpoint->series.families.size() && again->counts == checkpoint->counts);
}

// The frame of a checkpoint round `content`.
std::string Sealed(std::string_view content) {
  std::string bytes = EncodeCheckpoint({}).substr(0, checkpoint_frame::kContentAt);
  bytes += content;
  std::string checksum;
  ByteWriter(checksum).Fixed64(checkpoint_frame::CheckpointChecksum(bytes));
  return bytes.replace(checkpoint_frame::kChecksumAt, checksum.size(), checksum);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  RoundTrip(bytes);
  RoundTrip(Sealed(bytes));
  if (bytes.size() > checkpoint_frame::kContentAt) RoundTrip(Sealed(bytes.substr(checkpoint_frame::kContentAt)));
  return 0;
}
