#include "collectors/filesystem_space.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace logmill {
namespace {

bool LiesIn(std::string_view path, std::string_view folder) {
  return folder == "/" || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

// The last mount of the longest mount point hides the others.
std::string_view TypeOf(std::string_view path, std::span<const Mount> mounts) {
  const Mount* nearest = nullptr;
  for (const Mount& mount : mounts) {
    if (LiesIn(path, mount.point) && (nearest == nullptr || mount.point.size() >= nearest->point.size())) nearest = &mount;
  }
  return nearest == nullptr ? "" : std::string_view(nearest->type);
}

bool IsRemote(std::string_view type) {
  constexpr std::array<std::string_view, 14> kRemote{"nfs",       "nfs4",        "cifs",       "smb3",       "smbfs",
                                                     "ncpfs",     "ceph",        "afs",        "fuse.sshfs", "fuse.glusterfs",
                                                     "fuse.s3fs", "fuse.rclone", "fuse.davfs", "lustre"};
  return std::ranges::find(kRemote, type) != kRemote.end();
}

}  // namespace

std::expected<FilesystemSpace, std::string> ReadFilesystemSpace(const std::string& path, std::span<const Mount> mounts) {
  if (const std::string_view type = TypeOf(path, mounts); IsRemote(type)) {
    return std::unexpected("it is on another machine (" + std::string(type) + "), which might never answer");
  }
  struct statvfs status{};
  if (statvfs(path.c_str(), &status) != 0) return std::unexpected(std::generic_category().message(errno));
  const auto block = static_cast<double>(status.f_frsize);
  return FilesystemSpace{static_cast<double>(status.f_blocks) * block, static_cast<double>(status.f_bfree) * block,
                         static_cast<double>(status.f_bavail) * block, static_cast<double>(status.f_files),
                         static_cast<double>(status.f_ffree)};
}

}  // namespace logmill
