#include "checkpoint/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

namespace logmill {
namespace {

using namespace checkpoint_files;
using Kind = CheckpointReadError::Kind;

constexpr char kOther[] = "or set `state` to another folder";

std::string Reason(int error) { return std::generic_category().message(error); }

std::unexpected<std::string> CannotOpen(const std::string& path, int error) {
  std::string advice = std::string("; ") + kOther;
  if (error == ENOENT) advice = "; make the folder that it is to be in, " + std::string(kOther);
  if (error == EACCES || error == EPERM) advice = "; let this user write there, " + std::string(kOther);
  if (error == ENOTDIR || error == EEXIST) advice = "; it has to be a folder: move the file away, " + std::string(kOther);
  return std::unexpected("cannot use " + path + " for the state: " + Reason(error) + advice);
}

std::string ReadSmall(int fd) {
  char text[32];
  const ssize_t bytes = ::pread(fd, text, sizeof text, 0);
  const std::string_view read(text, static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
  return std::string(read.substr(0, read.find_first_not_of("0123456789")));
}

// So that a folder just made is still there after a power loss; as far as the system lets us.
void SyncParentOf(const std::string& path) {
  const int parent = ::open((path + "/..").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  ::fsync(parent);
  ::close(parent);
}

FolderCalls& RealCalls() {
  static FolderCalls calls;
  return calls;
}

}  // namespace

std::expected<std::unique_ptr<StateFolder>, std::string> StateFolder::Open(std::string path, FolderCalls* calls) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    SyncParentOf(path);
  } else if (errno != EEXIST) {
    return CannotOpen(path, errno);
  }
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return CannotOpen(path, errno);
  std::unique_ptr<StateFolder> state(new StateFolder(std::move(path), calls != nullptr ? *calls : RealCalls(), folder));
  if (auto locked = state->Lock(); !locked) return std::unexpected(locked.error());
  return state;
}

StateFolder::~StateFolder() {
  if (lock_ >= 0) ::close(lock_);
  ::close(folder_);
}

std::expected<void, std::string> StateFolder::Lock() {
  lock_ = ::openat(folder_, kLock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) return CannotOpen(path_, errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return CannotOpen(path_, errno);
    const std::string pid = ReadSmall(lock_);
    return std::unexpected(path_ + " is in use by another logmill" + (pid.empty() ? "" : " (pid " + pid + ")") + "; stop it, " + kOther);
  }
  // Only for the message above: if it cannot be written, the lock still holds.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_, 0) == 0) [[maybe_unused]]
    const ssize_t ignored = ::pwrite(lock_, pid.data(), pid.size(), 0);
  return {};
}

std::expected<StateFolder::Loaded, std::string> StateFolder::Load() {
  std::vector<CheckpointFile> files = ReadCheckpointFiles(path_);
  for (const CheckpointFile& file : files) {
    if (file.content) continue;
    const CheckpointReadError& error = file.content.error();
    if (error.kind == Kind::kDenied) return std::unexpected(error.message + "; let this user read it, " + kOther);
    if (error.kind == Kind::kNewer) {
      return std::unexpected(error.message + "; run that version again, " + kOther + ", or remove the file to begin anew");
    }
  }
  Loaded loaded;
  for (const CheckpointFile& file : files) {
    if (file.content) {
      current_whole_ |= file.name == kCurrent;
    } else if (file.name != kTemporary) {
      loaded.damaged.push_back(SetAside(file));
    }
  }
  CheckpointFile* newest = NewestOf(files);
  if (newest == nullptr) return loaded;
  temporary_newest_ = newest->name == kTemporary;
  if (temporary_newest_) (void)Publish();  // else the next Write tries it again
  loaded.checkpoint = std::move(*newest->content);
  return loaded;
}

std::string StateFolder::SetAside(const CheckpointFile& file) {
  std::vector<unsigned> numbers = DamagedNumbers();
  const std::string name = kDamaged + std::to_string(numbers.empty() ? 1 : numbers.back() + 1);
  if (calls_.Rename(folder_, file.name.c_str(), name.c_str()) != 0) {
    return file.content.error().message + "; it cannot be set aside: " + Reason(errno);
  }
  numbers.resize(numbers.size() - std::min(numbers.size(), kDamagedKept - 1));
  for (const unsigned number : numbers) calls_.Remove(folder_, (kDamaged + std::to_string(number)).c_str());
  return file.content.error().message + "; it is kept as " + name;
}

// In rising order.
std::vector<unsigned> StateFolder::DamagedNumbers() const {
  std::vector<unsigned> numbers;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(kDamaged)) continue;
    unsigned number = 0;
    const char* from = name.data() + sizeof kDamaged - 1;
    const auto [at, failed] = std::from_chars(from, name.data() + name.size(), number);
    if (failed == std::errc() && at == name.data() + name.size()) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::expected<void, std::string> StateFolder::Write(std::string_view bytes) {
  if (temporary_newest_) {
    if (auto published = Publish(); !published) return published;
  }
  if (bytes.size() > kMaxCheckpointBytes)
    return std::unexpected("the checkpoint is too large to be written: lower `max_series` of some rules");
  if (auto written = WriteTemporary(bytes); !written) {
    calls_.Remove(folder_, kTemporary);  // gives a full disk its room back
    return written;
  }
  temporary_newest_ = true;
  return Publish();
}

std::expected<void, std::string> StateFolder::WriteTemporary(std::string_view bytes) {
  const int file = calls_.Create(folder_, kTemporary);
  if (file < 0) return Failed("create", errno);
  if (!WriteAll(file, bytes)) {
    const int error = errno;
    calls_.Close(file);
    return Failed("write", error);
  }
  if (calls_.Sync(file) != 0) {
    const int error = errno;
    calls_.Close(file);
    return Failed("sync", error);
  }
  if (calls_.Close(file) != 0) return Failed("close", errno);
  return {};
}

bool StateFolder::WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = calls_.Write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::expected<void, std::string> StateFolder::Publish() {
  if (current_whole_) {
    if (calls_.Rename(folder_, kCurrent, kPrevious) != 0 && errno != ENOENT) return Failed("rename", errno);
    current_whole_ = false;
  }
  if (calls_.Rename(folder_, kTemporary, kCurrent) != 0) {
    const int error = errno;
    if (error == ENOENT) temporary_newest_ = false;  // somebody took it away
    return Failed("rename", error);
  }
  temporary_newest_ = false;
  current_whole_ = true;
  // Some network file systems cannot sync a folder, and say so by EINVAL.
  if (calls_.Sync(folder_) != 0 && errno != EINVAL) return Failed("sync the folder of", errno);
  return {};
}

std::unexpected<std::string> StateFolder::Failed(const std::string& what, int error) const {
  std::string advice;
  if (error == ENOSPC || error == EDQUOT) advice = std::string("; make room there, ") + kOther;
  if (error == EACCES || error == EPERM || error == EROFS) advice = std::string("; let this user write there, ") + kOther;
  return std::unexpected("cannot " + what + " the checkpoint in " + path_ + ": " + Reason(error) + advice);
}

}  // namespace logmill
