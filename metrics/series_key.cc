#include "metrics/series_key.h"

#include <random>

namespace logmill::series_key {
namespace {

char* WriteNumber(uint32_t number, char* at) {
  std::memcpy(at, &number, sizeof(number));
  return at + sizeof(number);
}

}  // namespace

size_t Bytes(LabelValues values) {
  size_t bytes = sizeof(uint32_t);
  for (const std::string_view value : values) bytes += sizeof(uint32_t) + value.size();
  return bytes;
}

void Write(FamilyId family, LabelValues values, char* key) {
  key = WriteNumber(family, key);
  for (const std::string_view value : values) {
    key = WriteNumber(static_cast<uint32_t>(value.size()), key);
    if (!value.empty()) std::memcpy(key, value.data(), value.size());
    key += value.size();
  }
}

std::vector<std::string_view> ValuesOf(const char* key, size_t count) {
  std::vector<std::string_view> values(count);
  key += sizeof(uint32_t);
  for (std::string_view& value : values) {
    value = std::string_view(key + sizeof(uint32_t), Number(key));
    key += sizeof(uint32_t) + value.size();
  }
  return values;
}

uint64_t Seed() {
  static const uint64_t seed = [] {
    std::random_device random;
    return (uint64_t{random()} << 32) | random();
  }();
  return seed;
}

}  // namespace logmill::series_key
