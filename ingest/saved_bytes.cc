#include "ingest/saved_bytes.h"

namespace logmill {
namespace {

constexpr size_t kNumberBytes = 8;

// FNV-1a.
uint64_t Hash(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Lowest byte first, whatever the machine.
uint64_t NumberAt(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = kNumberBytes; i > 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return number;
}

}  // namespace

void SavedWriter::Number(uint64_t number) {
  for (size_t i = 0; i < kNumberBytes; ++i, number >>= 8) out_.push_back(static_cast<char>(static_cast<unsigned char>(number)));
}

void SavedWriter::Text(std::string_view text) {
  Number(text.size());
  out_.append(text);
}

void SavedWriter::Seal() { Number(Hash(out_)); }

SavedReader::SavedReader(std::string_view saved) : ok_(saved.size() >= kNumberBytes) {
  if (!ok_) return;
  rest_ = saved.substr(0, saved.size() - kNumberBytes);
  ok_ = NumberAt(saved.substr(rest_.size())) == Hash(rest_);
}

uint64_t SavedReader::Number() {
  ok_ = ok_ && rest_.size() >= kNumberBytes;
  if (!ok_) return 0;
  const uint64_t number = NumberAt(rest_);
  rest_.remove_prefix(kNumberBytes);
  return number;
}

std::string_view SavedReader::Text() {
  const uint64_t size = Number();
  ok_ = ok_ && size <= rest_.size();
  if (!ok_) return {};
  const std::string_view text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return text;
}

}  // namespace logmill
