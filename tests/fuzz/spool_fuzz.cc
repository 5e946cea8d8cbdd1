// Any bytes as a segment of a spool, as what stands behind a whole header, between two whole frames, and as the payload of a frame whose
// check is right: nothing breaks, every byte is a frame's or passed over, and whole frames are found whatever is between them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "shipping/little_endian.h"
#include "shipping/ship_batch.h"
#include "shipping/spool_header.h"
#include "shipping/spool_key.h"
#include "shipping/spool_record.h"
#include "shipping/spool_scan.h"

namespace {

using namespace logmill;
using namespace logmill::spool_format;

constexpr uint64_t kLast = uint64_t{1} << 62;

void Require(bool holds) {
  if (!holds) std::abort();
}

// A file in memory, which gives a little at a time.
class MemoryCalls final : public SpoolCalls {
 public:
  explicit MemoryCalls(std::string_view bytes) : bytes_(bytes) {}
  ssize_t Read(int, char* bytes, size_t count, uint64_t at) override {
    if (at >= bytes_.size()) return 0;
    const std::string_view part = bytes_.substr(at, std::min<size_t>(count, 1 + at % 977));
    std::ranges::copy(part, bytes);
    return static_cast<ssize_t>(part.size());
  }

 private:
  const std::string_view bytes_;
};

const SpoolHeader kHeader{.salt = {'s', 'a', 'l', 't'}, .first = 1};

std::string Frame(std::string_view payload, uint64_t sequence) {
  static const SpoolKey key(kHeader.salt);
  std::string frame(kFrameBytes, '\0');
  const auto length = static_cast<uint32_t>(payload.size());
  StoreLittle<uint32_t>(frame.data(), key.marker());
  StoreLittle<uint32_t>(frame.data() + kLengthAt, length);
  StoreLittle<uint64_t>(frame.data() + kCheckAt, SpoolKey::Check(key.Hash(payload), length, sequence));
  StoreLittle<uint64_t>(frame.data() + kSequenceAt, sequence);
  return frame.append(payload);
}

std::string Payload(const ShipRecord& record) {
  std::string payload(MostSpoolRecordBytes(record), '\0');
  const std::string_view texts = EncodeSpoolRecord(record, payload.data());
  payload.resize(static_cast<size_t>(texts.data() + texts.size() - payload.data()));
  return payload;
}

struct Found {
  size_t frames = 0;
  bool first = false;
  bool last = false;
};

// Reads the segment as a reader does.
Found Scan(std::string_view segment, const SpoolHeader& header) {
  MemoryCalls calls(segment);
  SpoolScan scan(calls, 0, header);
  ShipBatch batch;
  Found found;
  uint64_t bytes = kHeaderBytes;
  uint64_t sequence = 0;
  while (scan.Next(segment.size(), std::numeric_limits<uint64_t>::max())) {
    Require(scan.sequence() > sequence || found.frames == 0);
    sequence = scan.sequence();
    bytes += scan.passed_over() + scan.frame().size();
    Require(bytes == scan.offset());
    Require(segment.substr(bytes - scan.frame().size(), scan.frame().size()) == scan.frame());
    (void)batch.Add(sequence, scan.payload());
    ++found.frames;
    found.first = found.first || sequence == 1;
    found.last = found.last || sequence == kLast;
  }
  Require(bytes + scan.passed_over() == std::max<size_t>(segment.size(), kHeaderBytes));
  for (const ShipRecord& record : batch.records()) {
    const std::string again = Payload(record);
    ShipRecord back;
    Require(DecodeSpoolRecord(again, &back) && back.line == record.line && back.message == record.message && back.id == record.id);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto header = DecodeSpoolHeader(bytes); header && header->first > 0) Scan(bytes, *header);
  const std::string begin = EncodeSpoolHeader(kHeader);
  Scan(begin + std::string(bytes), kHeader);
  const std::string payload = Payload({.level = "warn", .source = "fuzz", .line = "a line"});
  const std::string first = Frame(payload, 1);
  const std::string last = Frame(payload, kLast);
  const Found between = Scan(begin + first + std::string(bytes) + last, kHeader);
  Require(between.first && between.last);
  const Found framed = Scan(begin + first + Frame(bytes, 2) + last, kHeader);
  Require(framed.first && framed.last && framed.frames == (size < kLeastPayloadBytes ? 2 : 3));
  return 0;
}
