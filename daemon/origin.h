// By which the records of a stream are known for ever (shipping/record_id.h), whatever becomes of the stream's name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "shipping/record_id.h"
#include "sources/position.h"

namespace logmill {

// `source`: the entry of `sources`. `generation` tells apart the contents that one file had, or that had its inode.
OriginId OriginOfFile(const std::string& source, const FileId& id, uint64_t generation);

// By what the contents are known that a file has one after the other, when it is truncated. The same in every life that sees the same
// truncations: what a stream is known by is in its position, and the next content is known by that. One thread; of one entry of `sources`.
class FileOrigins {
 public:
  explicit FileOrigins(std::string source) : source_(std::move(source)) {}

  // What was in the file `id`, which is at `path`, and is known by `origin`, is not in it any more. An `id` of zeros: nobody knows which.
  void Truncated(const std::string& path, const FileId& id, OriginId origin);
  // What is at `path` now is known by something.
  void IsKnown(const std::string& path) { by_path_.erase(path); }
  // Of a file that was found at `path`, of which nothing was read.
  OriginId Of(const std::string& path, const FileId& id, uint64_t generation);

 private:
  const std::string source_;
  std::map<FileId, OriginId> by_file_;
  std::map<std::string, OriginId> by_path_;
};

// Of what cannot be read twice: each life's records are its own.
OriginId OriginOfThisLife(const std::string& source);

}  // namespace logmill
