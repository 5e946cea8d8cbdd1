#include "shipping/spool_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "shipping/open_file.h"
#include "shipping/spool_folder.h"
#include "shipping/spool_record.h"

namespace logmill {
namespace {

std::unexpected<std::string> Failed(const std::string& what, const std::string& path) {
  return std::unexpected("cannot " + what + " " + path + ": " + std::generic_category().message(errno));
}

// Remembers an error until it is asked for.
class NewFile {
 public:
  explicit NewFile(const std::string& path) : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (!file_) error_ = errno;
  }

  void Write(std::string_view bytes) {
    while (error_ == 0 && !bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) error_ = errno;
      if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  // 0, or the first error.
  int Sync() {
    if (error_ == 0 && ::fsync(file_.get()) != 0) error_ = errno;
    return error_;
  }

 private:
  const OpenFile file_;
  int error_ = 0;
};

// The name under which it is kept now; `path` is there all the time.
std::expected<std::string, std::string> KeepAside(const std::string& path) {
  for (unsigned number = 1;; ++number) {
    std::string kept = path + ".damaged" + (number == 1 ? "" : "-" + std::to_string(number));
    if (::link(path.c_str(), kept.c_str()) == 0) return kept;
    if (errno == EEXIST) continue;
    // A file system without links.
    std::error_code error;
    if (std::filesystem::copy_file(path, kept, error)) return kept;
    errno = error.value();
    return Failed("keep", kept);
  }
}

std::expected<std::string, std::string> Rewrite(const SpoolLook& look, size_t index, const SpoolSegmentCheck& segment,
                                                const std::string& folder) {
  const std::string path = folder + "/" + segment.name;
  const std::string temporary = path + ".repaired";
  NewFile file(temporary);
  file.Write(EncodeSpoolHeader(segment.header));
  (void)look.Look(index, [&](const SpoolScan& scan) { file.Write(scan.frame()); });
  if (const int error = file.Sync(); error != 0) {
    ::unlink(temporary.c_str());
    errno = error;
    return Failed("write", temporary);
  }
  auto kept = KeepAside(path);
  if (kept && ::rename(temporary.c_str(), path.c_str()) != 0) return Failed("replace", path);
  return kept;
}

}  // namespace

std::expected<std::vector<SpoolSegmentCheck>, std::string> CheckSpool(const std::string& folder, const OnSpoolRecord& on_record) {
  const auto look = SpoolLook::Begin(folder);
  if (!look) return std::unexpected(look.error());
  SpoolLook::OnFrame on_frame;
  if (on_record) {
    on_frame = [&](const SpoolScan& scan) {
      ShipRecord record;
      if (DecodeSpoolRecord(scan.payload(), &record)) on_record(scan.sequence(), record);
    };
  }
  std::vector<SpoolSegmentCheck> segments;
  for (size_t i = 0; i < look->segments(); ++i) {
    if (auto segment = look->Look(i, on_frame)) segments.push_back(std::move(*segment));
  }
  return segments;
}

std::expected<std::vector<std::string>, std::string> RepairSpool(const std::string& folder) {
  const auto look = SpoolLook::Begin(folder);
  if (!look) return std::unexpected(look.error());
  const auto taken = SpoolFolder::Open(folder, RealSpoolCalls());
  if (!taken) return std::unexpected(taken.error());
  std::vector<std::string> kept;
  for (size_t i = 0; i < look->segments(); ++i) {
    const auto segment = look->Look(i, {});
    if (!segment || segment->whole() || !segment->error.empty()) continue;
    auto name = Rewrite(*look, i, *segment, folder);
    if (!name) return std::unexpected(name.error());
    kept.push_back(std::move(*name));
  }
  const OpenFile open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open || (::fsync(open.get()) != 0 && errno != EINVAL)) return Failed("sync", folder);
  return kept;
}

}  // namespace logmill
