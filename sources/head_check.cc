#include "sources/head_check.h"

#include <array>
#include <functional>
#include <string_view>

#include "sources/read_calls.h"

namespace logmill {

std::optional<bool> HeadCheck::Same(int fd, const Fingerprint& print) {
  std::array<char, FilePosition::kHeadBytes> room;
  const auto head = std::span(room).first(print.head_bytes());
  const ssize_t bytes = ReadAt(fd, 0, head);
  if (bytes < 0) return std::nullopt;
  if (static_cast<size_t>(bytes) < head.size()) return false;
  const uint64_t hash = std::hash<std::string_view>()({head.data(), head.size()});
  if (known_) return hash == hash_;
  Fingerprint again;
  again.Add(head);
  const bool same = again.head_hash() == print.head_hash();
  known_ = same && head.size() == room.size();
  hash_ = hash;
  return same;
}

}  // namespace logmill
