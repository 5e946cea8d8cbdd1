#include "collectors/cgroup_place.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "collectors/system_file.h"

namespace logmill {
namespace {

constexpr size_t kMaxDepth = 64;

bool Lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (TakeUntil(list, ',') == word) return true;
  }
  return false;
}

struct Membership {
  int version = 0;
  std::string_view path;  // as the process's cgroup namespace sees it
};

// Lines are number:controllers:path; version 2 is "0::path". A controller that version 1 has is not in version 2.
Membership FindMembership(std::string_view controller, std::string_view cgroup) {
  Membership found;
  while (!cgroup.empty()) {
    std::string_view path = TakeUntil(cgroup, '\n');
    const std::string_view number = TakeUntil(path, ':');
    const std::string_view controllers = TakeUntil(path, ':');
    if (Lists(controllers, controller)) return {1, path};
    if (number == "0" && controllers.empty()) found = {2, path};
  }
  return found;
}

bool LiesIn(std::string_view path, std::string_view folder) {
  return folder == "/" || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

bool GoesUp(std::string_view path) { return path.find("/..") != std::string_view::npos; }

// The first mount that shows the group; failing that, one of another part of the tree: then its top is as near as can be seen. Mounts of
// what lies above our namespace ("/..") show other groups.
const Mount* FindMount(const Membership& membership, std::string_view controller, std::span<const Mount> mounts) {
  const Mount* fallback = nullptr;
  for (const Mount& mount : mounts) {
    const bool matches = membership.version == 2 ? mount.type == "cgroup2" : mount.type == "cgroup" && Lists(mount.options, controller);
    if (!matches || GoesUp(mount.root)) continue;
    if (!GoesUp(membership.path) && LiesIn(membership.path, mount.root)) return &mount;
    if (fallback == nullptr) fallback = &mount;
  }
  return fallback;
}

std::string_view PathInMount(std::string_view path, const Mount& mount) {
  if (GoesUp(path) || !LiesIn(path, mount.root)) return "";
  if (mount.root != "/") path.remove_prefix(mount.root.size());
  return path == "/" ? "" : path;
}

std::vector<std::string> FoldersUpwards(const std::string& point, std::string_view path) {
  std::vector<std::string> folders;
  while (!path.empty() && folders.size() < kMaxDepth) {
    folders.push_back(point + std::string(path));
    path = path.substr(0, path.rfind('/'));
  }
  folders.push_back(point);
  return folders;
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// The machine's root group lacks cgroup.events in version 2, and alone has release_agent in version 1.
bool IsRootGroup(int version, const std::string& folder) {
  return version == 2 ? !Exists(folder + "/cgroup.events") : Exists(folder + "/release_agent");
}

bool IsNamedByRuntime(std::string_view path) {
  constexpr std::array<std::string_view, 8> kNames{"/docker/", "/docker-", "/kubepods",        "/libpod",
                                                   "/lxc",     "/crio-",   "/cri-containerd-", "/machine.slice/"};
  return std::ranges::any_of(kNames, [path](std::string_view name) { return path.find(name) != std::string_view::npos; });
}

}  // namespace

CgroupPlace FindCgroup(std::string_view controller, std::string_view cgroup, std::span<const Mount> mounts) {
  const Membership membership = FindMembership(controller, cgroup);
  const Mount* const mount = membership.version == 0 ? nullptr : FindMount(membership, controller, mounts);
  if (mount == nullptr) return {};
  CgroupPlace place{membership.version, FoldersUpwards(mount->point, PathInMount(membership.path, *mount)), false, 0};
  if (!IsRootGroup(place.version, mount->point)) {
    place.contained = true;
    place.container = place.folders.size() - 1;
  } else {
    place.contained = IsNamedByRuntime(membership.path);
  }
  return place;
}

}  // namespace logmill
