// A file, open, and what the system says about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sources/file_descriptor.h"
#include "sources/position.h"

namespace logmill {

// One look at a file.
struct FileLook {
  FileId id;
  uint64_t size = 0;
  int64_t modified_ns = 0;
  bool linked = true;    // it has a name
  bool regular = false;  // no directory, FIFO, device ...
  bool directory = false;
};

// Of an open file, or of what a path leads to; nothing (and errno) when the system does not say.
std::optional<FileLook> LookAt(int fd);
std::optional<FileLook> LookAt(const std::string& path);

struct OpenedFile {
  FileDescriptor fd;
  FileLook look;
  bool gzip = false;
};

struct NotOpened {
  bool missing = false;  // nothing is there
  bool refused = false;  // something that is no regular file is there
  std::string error;
};

// Opens what `path` leads to, if it is a regular file; never waits (for the writer of a FIFO), never changes anything. Otherwise nothing,
// and `why`, if one wants to know.
std::optional<OpenedFile> OpenRegularFile(const std::string& path, NotOpened* why = nullptr);

}  // namespace logmill
