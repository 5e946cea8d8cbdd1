// Space of file systems of this machine.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "collectors/proc_files.h"

namespace logmill {

struct FilesystemSpace {
  double size = 0;       // bytes
  double free = 0;       // bytes
  double available = 0;  // bytes: of those free, what ordinary users can get
  double files = 0;      // that it can hold; 0: it does not count them
  double files_free = 0;
};

// Of the one that `path` lies on. A file system of another machine (NFS, SMB, SSH...), as `mounts` tell by the path as it is written, is
// not asked, because one whose server is gone never answers: that is an error. Errors do not hold the path.
std::expected<FilesystemSpace, std::string> ReadFilesystemSpace(const std::string& path, std::span<const Mount> mounts);

}  // namespace logmill
