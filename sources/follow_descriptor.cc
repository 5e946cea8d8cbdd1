#include <poll.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "sources/read_calls.h"

namespace logmill {
namespace {

// poll() says whether read() would block, so the flags of the descriptor, which other processes may share, stay as they are.
class FollowedDescriptor final : public Source {
 public:
  FollowedDescriptor(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  ReadResult Read(std::span<char> room) override {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&readable, 1, 0);
    if (ready < 0 && errno != EINTR) return ErrorResult(SystemError(name_));
    if (ready <= 0) return {};
    if ((readable.revents & POLLNVAL) != 0) return ErrorResult(name_ + ": is not open");
    const ssize_t bytes = ::read(fd_, room.data(), room.size());
    if (bytes > 0) return DataResult(bytes);
    if (bytes == 0) return {.status = ReadResult::Status::kEnd, .error = {}};
    return errno == EAGAIN || errno == EINTR ? ReadResult() : ErrorResult(SystemError(name_));
  }

  [[nodiscard]] uint64_t LagBytes() const override {
    int bytes = 0;
    return ::ioctl(fd_, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
  }

  bool Locate(uint64_t /*offset*/, Position* /*position*/) override { return false; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  int fd_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Source> FollowDescriptor(int fd, std::string name) { return std::make_unique<FollowedDescriptor>(fd, std::move(name)); }

}  // namespace logmill
