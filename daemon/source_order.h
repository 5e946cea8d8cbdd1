// Whose a file is that several entries of `sources` match: the first one's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/source_config.h"
#include "sources/shared_files.h"

namespace logmill {

// What an entry does to one after it.
struct Overlap {
  enum class Kind : uint8_t {
    kSame,     // it has the same path or pattern
    kPart,     // its pattern matches the other's path
    kRotated,  // its path has rotated names that the other's pattern matches
  };
  Kind kind;
  size_t first;  // index of the entry
};

// By the patterns alone; "./" and the like do not matter. The entries outlive it.
class SourceOrder {
 public:
  explicit SourceOrder(const std::vector<SourceConfig>& sources);

  // What is worst for this entry; nothing when no entry before it does anything to it.
  [[nodiscard]] std::optional<Overlap> OverlapOf(size_t index) const;
  // Entries before it that may match what it matches.
  [[nodiscard]] std::vector<SharedFiles::Entry> Before(size_t index) const;

 private:
  const std::vector<SourceConfig>& sources_;
  std::vector<std::string> patterns_;  // "" where no files are read
  std::vector<size_t> globs_;
  std::vector<size_t> paths_;
  std::unordered_map<std::string, size_t> first_;  // of those with the same pattern
};

}  // namespace logmill
