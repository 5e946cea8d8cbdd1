#include "shipping/stream_destination.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shipping/record_json.h"

namespace logmill {
namespace {

// A write to a pipe whose reader is gone is an error like any other, for this thread.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec now{};
    if (::sigismember(&before_, SIGPIPE) == 0) ::sigtimedwait(&pipe_, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

class StreamDestination final : public Destination {
 public:
  StreamDestination(int fd, bool raw, ShipIdentity identity);
  ~StreamDestination() override { ::close(interrupt_); }
  StreamDestination(const StreamDestination&) = delete;
  StreamDestination& operator=(const StreamDestination&) = delete;

  Delivery Deliver(std::span<const ShipRecord> batch) override;
  std::expected<std::string, std::string> Check() override;
  void Interrupt() override;

 private:
  // A record of which only a part was written.
  struct Cut {
    RecordId id;
    size_t written;
  };

  void Encode(std::span<const ShipRecord> batch);
  size_t Write(Delivery& failure);
  bool AwaitRoom(Delivery& failure) const;
  Delivery Settle(size_t written, Delivery failure, std::span<const ShipRecord> batch);

  const int fd_;
  const bool raw_;
  const ShipIdentity identity_;
  const int interrupt_;  // an eventfd, readable after Interrupt()
  // poll() promises room for so much.
  const size_t chunk_;
  std::string lines_;
  std::vector<size_t> ends_;  // of the records in lines_
  // What lines_ has too little of the first record, since it was written earlier, or too much before it.
  std::ptrdiff_t shift_ = 0;
  std::optional<Cut> cut_;
};

size_t ChunkOf(int fd) {
  struct stat status{};
  const bool file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  return file ? size_t{1} << 20 : size_t{PIPE_BUF};
}

StreamDestination::StreamDestination(int fd, bool raw, ShipIdentity identity)
    : fd_(fd), raw_(raw), identity_(std::move(identity)), interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), chunk_(ChunkOf(fd)) {
  if (interrupt_ < 0) throw std::bad_alloc();
}

Delivery StreamDestination::Deliver(std::span<const ShipRecord> batch) {
  Encode(batch);
  Delivery failure{.kind = Delivery::Kind::kRetry};
  const size_t written = Write(failure);
  return Settle(written, std::move(failure), batch);
}

// Begins with what is left of the record that was cut, or, when that does not come again, on a new line.
void StreamDestination::Encode(std::span<const ShipRecord> batch) {
  lines_.clear();
  ends_.clear();
  shift_ = 0;
  if (cut_ && cut_->id != batch.front().id) {
    lines_ += '\n';
    shift_ = -1;
  }
  for (const ShipRecord& record : batch) {
    AppendRecordLine(record, identity_, raw_, lines_);
    if (ends_.empty() && cut_ && cut_->id == record.id) {
      shift_ = static_cast<std::ptrdiff_t>(cut_->written);
      lines_.erase(0, cut_->written);
    }
    ends_.push_back(lines_.size());
  }
}

size_t StreamDestination::Write(Delivery& failure) {
  const WithoutSigpipe no_signal;
  size_t written = 0;
  while (written < lines_.size() && AwaitRoom(failure)) {
    const ssize_t size = ::write(fd_, lines_.data() + written, std::min(lines_.size() - written, chunk_));
    if (size >= 0) written += static_cast<size_t>(size);
    if (size >= 0 || errno == EINTR || errno == EAGAIN) continue;
    failure.reason = errno == EPIPE ? RetryReason::kConnection : RetryReason::kDisk;
    failure.words = std::string("the output cannot be written: ") + (errno == EPIPE ? "nobody reads it any more" : std::strerror(errno));
    break;
  }
  return written;
}

bool StreamDestination::AwaitRoom(Delivery& failure) const {
  std::array<pollfd, 2> waiting{{{fd_, POLLOUT, 0}, {interrupt_, POLLIN, 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
  }
  if (waiting[1].revents == 0) return true;
  failure.words = "interrupted";
  return false;
}

Delivery StreamDestination::Settle(size_t written, Delivery failure, std::span<const ShipRecord> batch) {
  if (written > 0) cut_.reset();
  if (written == lines_.size()) return {.sent_bytes = written};
  if (written == 0) return failure;
  const size_t taken = static_cast<size_t>(std::ranges::upper_bound(ends_, written) - ends_.begin());
  const size_t of_next = taken == 0 ? written + static_cast<size_t>(shift_) : written - ends_[taken - 1];
  if (of_next > 0) cut_ = {batch[taken].id, of_next};
  Delivery delivery{.reason = RetryReason::kPartial, .words = std::move(failure.words), .sent_bytes = written};
  for (size_t index = taken; index < batch.size(); ++index) delivery.again.push_back(index);
  return delivery;
}

std::expected<std::string, std::string> StreamDestination::Check() {
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return std::unexpected("the output is not open for writing");
  return "the output is open";
}

void StreamDestination::Interrupt() {
  const uint64_t one = 1;
  // It fails only when it is readable already.
  if (::write(interrupt_, &one, sizeof(one)) < 0) return;
}

}  // namespace

std::unique_ptr<Destination> MakeStreamDestination(int fd, bool raw, ShipIdentity identity) {
  return std::make_unique<StreamDestination>(fd, raw, std::move(identity));
}

}  // namespace logmill
