#include "shipping/spool_header.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>

#include "shipping/little_endian.h"

namespace logmill {
namespace {

using namespace spool_format;

constexpr size_t kNameDigits = 20;

uint64_t Checksum(std::string_view header) { return XXH3_64bits(header.data(), kHeaderChecksumAt); }

}  // namespace

std::string EncodeSpoolHeader(const SpoolHeader& header) {
  std::string bytes(kHeaderBytes, '\0');
  std::ranges::copy(kMagic, bytes.begin());
  StoreLittle<uint32_t>(bytes.data() + kVersionAt, header.version);
  std::ranges::copy(header.salt, bytes.begin() + kSaltAt);
  StoreLittle<uint64_t>(bytes.data() + kFirstAt, header.first);
  StoreLittle<uint64_t>(bytes.data() + kCreatedAt, static_cast<uint64_t>(header.created_ms));
  StoreLittle<uint64_t>(bytes.data() + kHeaderChecksumAt, Checksum(bytes));
  return bytes;
}

std::optional<SpoolHeader> DecodeSpoolHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return {};
  if (LoadLittle<uint64_t>(bytes.data() + kHeaderChecksumAt) != Checksum(bytes)) return {};
  SpoolHeader header{.version = LoadLittle<uint32_t>(bytes.data() + kVersionAt)};
  std::copy_n(bytes.begin() + kSaltAt, header.salt.size(), header.salt.begin());
  header.first = LoadLittle<uint64_t>(bytes.data() + kFirstAt);
  header.created_ms = static_cast<int64_t>(LoadLittle<uint64_t>(bytes.data() + kCreatedAt));
  return header;
}

std::string SegmentName(uint64_t first) {
  const std::string digits = std::to_string(first);
  return std::string(kNameDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

std::optional<uint64_t> FirstOfSegmentName(std::string_view name) {
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) return {};
  uint64_t first = 0;
  const auto [at, error] = std::from_chars(name.data(), name.data() + kNameDigits, first);
  if (error != std::errc() || at != name.data() + kNameDigits || first == 0) return {};
  return first;
}

}  // namespace logmill
