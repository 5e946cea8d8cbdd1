#include "collectors/host_lookup.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace logmill {
namespace {

HostLookup::Answer GetAddresses(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) return std::unexpected(::gai_strerror(error));
  HostLookup::Addresses addresses;
  for (const addrinfo* one = found; one != nullptr && addresses.size() < HostLookup::kMaxAddresses; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) addresses.emplace_back(text);
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return std::unexpected("it has no address");
  return addresses;
}

}  // namespace

// Shared with the thread that asks.
struct HostLookup::Question {
  explicit Question(std::string name) : host(std::move(name)), answered(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Question() {
    if (answered >= 0) ::close(answered);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  void Ask(const Resolve& resolve) {
    Answer text = std::unexpected("the lookup failed");
    try {
      text = resolve(host);
    } catch (const std::exception& error) {
      text = std::unexpected(error.what());
    }
    const MutexLock lock(mutex);
    answer = std::move(text);
    ::eventfd_write(answered, 1);
  }
  std::optional<Answer> Take() {
    const MutexLock lock(mutex);
    return std::exchange(answer, std::nullopt);
  }

  const std::string host;
  const int answered;  // an eventfd, readable once there is an answer
  Mutex mutex;
  std::optional<Answer> answer GUARDED_BY(mutex);
};

HostLookup::HostLookup(Resolve resolve) : resolve_(std::move(resolve)) {}

HostLookup::~HostLookup() = default;

HostLookup::Answer HostLookup::Find(const std::string& host, Interruption& interruption, Interruption::Time deadline) {
  if (auto numeric = GetAddresses(host, AI_NUMERICHOST)) return numeric;
  if (question_ == nullptr || question_->host != host) {
    auto question = std::make_shared<Question>(host);
    if (question->answered < 0) return std::unexpected("too many open files");
    try {
      std::thread([question, resolve = resolve_] { question->Ask(resolve); }).detach();
    } catch (const std::system_error& error) {
      return std::unexpected(error.what());
    }
    question_ = std::move(question);
  }
  switch (interruption.Await(question_->answered, POLLIN, deadline)) {
    case Interruption::Wait::kTimeout:
      return std::unexpected("timed out");
    case Interruption::Wait::kInterrupted:
      return std::unexpected("interrupted");
    case Interruption::Wait::kReady:
      break;
  }
  return std::exchange(question_, nullptr)->Take().value_or(std::unexpected("the lookup failed"));
}

HostLookup::Answer HostLookup::AskSystem(const std::string& host) { return GetAddresses(host, AI_ADDRCONFIG); }

}  // namespace logmill
