#include "sources/docker_receiver.h"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "sources/docker_api.h"
#include "sources/docker_container.h"
#include "sources/docker_http.h"
#include "sources/envelope.h"

namespace logmill {

std::chrono::milliseconds Backoff::Next() {
  const auto wait = std::min(longest_, first_ * (int64_t{1} << std::min(failures_, 20u)));
  ++failures_;
  return wait - std::chrono::milliseconds(random_() % static_cast<uint64_t>(wait.count() / 2 + 1));
}

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Phase = FollowedContainer::Phase;

constexpr milliseconds kLongestSleep{1000};
constexpr size_t kMostAnswerBytes = size_t{16} << 20;
constexpr unsigned kBreaks = 3;      // of a container's connections, then it is not the engine's trouble alone
constexpr milliseconds kGather{50};  // events that come together
constexpr size_t kIdDigits = 12;

// A container's host name is the beginning of its id, unless somebody has set it.
std::string OwnId() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  const std::string_view text = name;
  return text.size() == kIdDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos ? std::string(text)
                                                                                                          : std::string();
}

class DockerReceiver final : public Receiver {
 public:
  DockerReceiver(DockerOptions options, Feed& feed, const Clock& clock);
  [[nodiscard]] std::optional<bool> up() const override { return up_.load(std::memory_order_relaxed); }

 private:
  void Run(std::stop_token stop);
  void StartWhatIsDue();
  [[nodiscard]] milliseconds UntilNext() const;

  // The engine.
  void Listen();
  void List();
  void TakeList(const std::vector<DockerContainer>& containers);
  void Update(const DockerContainer& listed);
  void ForgetTheMissing(const std::set<std::string>& listed);
  FollowedContainer* Add(const std::string& id);
  void Fail(std::string& last, std::string error);
  void FailList(const std::string& error);

  // One container.
  void Ask(FollowedContainer& container);
  void TakeState(FollowedContainer& container, const DockerHttp::Answer& answer);
  void Read(FollowedContainer& container, Phase phase);
  bool TakeLog(FollowedContainer& container, std::string_view bytes);
  bool Push(FollowedContainer& container, const DockerMessage& message);
  void EndRead(FollowedContainer& container, const DockerHttp::Answer& answer);
  void EndCatchingUp(FollowedContainer& container);
  void Wait(FollowedContainer& container, milliseconds wait);
  void Retry(FollowedContainer& container, const std::string& error);
  void Reconnect(FollowedContainer& container, const std::string& error);
  void Gone(FollowedContainer& container);
  void Erase(const std::string& id);
  void Visited(FollowedContainer& container);
  void CheckCaughtUp();

  const DockerOptions options_;
  const std::string own_id_ = OwnId();
  Feed& feed_;
  const Clock& clock_;
  DockerHttp http_;
  std::stop_token stop_;
  std::map<std::string, FollowedContainer> containers_;  // by id
  const std::map<std::string, std::string> cursors_;     // of an earlier life
  Backoff list_backoff_;
  Backoff events_backoff_;
  nanoseconds list_due_;
  nanoseconds events_due_;
  const nanoseconds begun_;
  std::atomic<bool> up_{false};
  bool listing_ = false;
  bool listening_ = false;
  bool changed_ = false;  // while the list was on its way
  bool listed_ = false;   // once at least
  std::string list_answer_;
  std::string list_error_;  // said last
  std::string most_error_;
  std::string envelope_;
  std::jthread thread_;
};

DockerReceiver::DockerReceiver(DockerOptions options, Feed& feed, const Clock& clock)
    : options_(std::move(options)),
      feed_(feed),
      clock_(clock),
      http_(options_.socket),
      cursors_(feed.Cursors()),
      list_backoff_(options_.first_retry, options_.longest_retry),
      events_backoff_(options_.first_retry, options_.longest_retry),
      list_due_(clock.Monotonic()),
      events_due_(list_due_),
      begun_(list_due_),
      thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

void DockerReceiver::Run(std::stop_token stop) {
  stop_ = stop;
  const std::stop_callback wake(stop, [this] { http_.Wake(); });
  while (!stop.stop_requested()) {
    StartWhatIsDue();
    http_.Run(UntilNext());
  }
}

void DockerReceiver::StartWhatIsDue() {
  const nanoseconds now = clock_.Monotonic();
  if (!listening_ && now >= events_due_) Listen();
  if (!listing_ && now >= list_due_) List();
  for (auto& [id, container] : containers_) {
    if (container.phase == Phase::kWaiting && now >= container.due) Ask(container);
  }
}

milliseconds DockerReceiver::UntilNext() const {
  const nanoseconds now = clock_.Monotonic();
  nanoseconds next = now + kLongestSleep;
  if (!listening_) next = std::min(next, events_due_);
  if (!listing_) next = std::min(next, list_due_);
  for (const auto& [id, container] : containers_) {
    if (container.phase == Phase::kWaiting) next = std::min(next, container.due);
  }
  return std::chrono::ceil<milliseconds>(std::max(next - now, nanoseconds(0)));
}

// What an event says does not matter: that there is one is the reason to look at the list. The engine may answer the list before it has
// anybody to tell, so it is asked for events from now on, whenever it comes to that.
void DockerReceiver::Listen() {
  listening_ = true;
  list_due_ = std::min(list_due_, clock_.Monotonic());  // for what was missed
  http_.Get(
      DockerEventsPath(clock_.UnixMillis() * 1'000'000), DockerHttp::Kind::kStream,
      [this](std::string_view) {
        changed_ = true;
        list_due_ = std::min(list_due_, clock_.Monotonic() + kGather);
        events_backoff_.Reset();
        return !stop_.stop_requested();
      },
      [this](const DockerHttp::Answer&) {
        listening_ = false;
        events_due_ = clock_.Monotonic() + events_backoff_.Next();
      });
}

void DockerReceiver::List() {
  listing_ = true;
  changed_ = false;
  list_answer_.clear();
  http_.Get(
      DockerListPath(), DockerHttp::Kind::kAnswer,
      [this](std::string_view bytes) {
        list_answer_ += bytes;
        return list_answer_.size() <= kMostAnswerBytes;
      },
      [this](const DockerHttp::Answer& answer) {
        listing_ = false;
        if (!answer.error.empty()) return FailList(answer.error);
        const auto containers = ParseDockerList(list_answer_);
        if (!containers) return FailList(containers.error());
        list_backoff_.Reset();
        list_error_.clear();
        up_.store(true, std::memory_order_relaxed);
        list_due_ = clock_.Monotonic() + (changed_ ? kGather : options_.list_every);
        TakeList(*containers);
      });
}

void DockerReceiver::FailList(const std::string& error) {
  const nanoseconds now = clock_.Monotonic();
  list_due_ = now + list_backoff_.Next();
  if (!stop_.stop_requested()) up_.store(false, std::memory_order_relaxed);
  Fail(list_error_, options_.socket + ": " + error);
  if (now - begun_ >= options_.patience) feed_.CaughtUp();
}

// Once, until it is over or other trouble.
void DockerReceiver::Fail(std::string& last, std::string error) {
  if (last == error || stop_.stop_requested()) return;
  last = error;
  feed_.Fail(std::move(error));
}

void DockerReceiver::TakeList(const std::vector<DockerContainer>& containers) {
  std::set<std::string> listed;
  for (const DockerContainer& container : containers) {
    listed.insert(container.id);
    Update(container);
  }
  ForgetTheMissing(listed);
  listed_ = true;
  CheckCaughtUp();
}

void DockerReceiver::Update(const DockerContainer& listed) {
  const bool own = !own_id_.empty() && listed.id.starts_with(own_id_);
  const auto known = containers_.find(listed.id);
  if (own || !Wanted(listed, options_.names, options_.labels)) {
    if (known != containers_.end()) Erase(listed.id);
    return;
  }
  FollowedContainer* container = known != containers_.end() ? &known->second : Add(listed.id);
  if (container == nullptr) return;
  container->running = listed.running;
  if (container->phase == Phase::kResting && listed.running) Wait(*container, milliseconds(0));
}

FollowedContainer* DockerReceiver::Add(const std::string& id) {
  if (containers_.size() >= options_.max_containers) {
    Fail(most_error_,
         options_.socket + ": has more containers than the " + std::to_string(options_.max_containers) + " that are followed at most");
    return nullptr;
  }
  const auto cursor = cursors_.find(id);
  auto place = cursor != cursors_.end() ? DockerCursor::Parse(cursor->second) : std::nullopt;
  if (!place && !listed_ && options_.start == StartAt::kEnd) {
    const int64_t now_ns = clock_.UnixMillis() * 1'000'000;
    place = {.floor_ns = now_ns, .since_ns = now_ns, .marks = {}};
  }
  const DockerLog log({.max_message_bytes = options_.max_line_bytes}, place.value_or(DockerCursor()));
  const auto added = containers_.emplace(id, FollowedContainer(id, log, Backoff(options_.first_retry, options_.longest_retry))).first;
  added->second.first = !listed_;
  added->second.due = clock_.Monotonic();
  (void)feed_.PushWait(stop_, {}, id, log.cursor().Text());  // seen from now on
  return &added->second;
}

// Those of an earlier life, too. The list may be older than a container: the engine is asked for each.
void DockerReceiver::ForgetTheMissing(const std::set<std::string>& listed) {
  for (auto& [id, container] : containers_) {
    if (container.phase == Phase::kResting && !listed.contains(id)) Wait(container, milliseconds(0));
  }
  if (listed_) return;
  for (const auto& [id, cursor] : cursors_) {
    if (listed.contains(id) || containers_.contains(id)) continue;
    FollowedContainer* container = Add(id);
    if (container == nullptr) return;
    container->wanted = false;
  }
}

void DockerReceiver::Ask(FollowedContainer& container) {
  container.phase = Phase::kAsking;
  container.body.clear();
  container.request = http_.Get(
      DockerStatePath(container.id), DockerHttp::Kind::kAnswer,
      [&container](std::string_view bytes) {
        container.body += bytes;
        return container.body.size() <= kMostAnswerBytes;
      },
      [this, &container](const DockerHttp::Answer& answer) { TakeState(container, answer); });
}

void DockerReceiver::TakeState(FollowedContainer& container, const DockerHttp::Answer& answer) {
  if (answer.status == 404) return Gone(container);
  if (answer.broken) return Reconnect(container, answer.error);
  if (!answer.error.empty()) return Retry(container, answer.error);
  const auto state = ParseDockerState(std::exchange(container.body, {}));
  if (!state) return Retry(container, state.error());
  if (!container.wanted) return Erase(container.id);
  container.terminal = state->terminal;
  container.running = state->running;
  Read(container, Phase::kCatchingUp);
}

void DockerReceiver::Read(FollowedContainer& container, Phase phase) {
  container.phase = phase;
  container.moved = false;
  container.status = DockerLog::Status::kTaken;
  container.log.Begin(container.terminal, container.skip);
  container.request = http_.Get(
      DockerLogPath(container.id, container.log.cursor().since_ns, phase == Phase::kFollowing),
      phase == Phase::kFollowing ? DockerHttp::Kind::kStream : DockerHttp::Kind::kBacklog,
      [this, &container](std::string_view bytes) { return TakeLog(container, bytes); },
      [this, &container](const DockerHttp::Answer& answer) { EndRead(container, answer); });
}

bool DockerReceiver::TakeLog(FollowedContainer& container, std::string_view bytes) {
  container.status = container.log.Take(bytes, [&](const DockerMessage& message) { return Push(container, message); });
  const std::string trouble = container.log.TakeEngineError();
  if (!trouble.empty()) Fail(container.error, container.id.substr(0, kIdDigits) + ": the engine says: " + trouble);
  return container.status == DockerLog::Status::kTaken;
}

bool DockerReceiver::Push(FollowedContainer& container, const DockerMessage& message) {
  const std::string key = container.id.substr(0, kIdDigits) + (message.stream == DockerStream::kStderr ? "/stderr" : "/stdout");
  envelope_.clear();
  AppendEnvelope({.text = message.text, .key = key, .time_ns = message.time_ns, .cut = message.cut}, envelope_, options_.max_line_bytes);
  container.moved = true;
  container.skip = DockerLog::Skip::kToMark;
  return feed_.PushWait(stop_, envelope_, container.id, container.log.cursor().Text());
}

void DockerReceiver::EndRead(FollowedContainer& container, const DockerHttp::Answer& answer) {
  if (stop_.stop_requested()) return;
  if (container.moved) container.backoff.Reset();
  if (container.status == DockerLog::Status::kTaken && answer.error.empty() && container.phase == Phase::kCatchingUp) {
    container.status = container.log.AtEnd();
  }
  if (container.status == DockerLog::Status::kMarkGone) {
    container.skip = DockerLog::Skip::kByTime;
    return Read(container, Phase::kCatchingUp);
  }
  if (container.status == DockerLog::Status::kNoFrames) return Retry(container, "its log is no stream of frames");
  if (answer.status == 404) return Gone(container);
  if (answer.broken && container.phase == Phase::kCatchingUp) return Reconnect(container, answer.error);
  if (!answer.broken && !answer.error.empty()) return Retry(container, answer.error);
  if (container.phase == Phase::kCatchingUp) return EndCatchingUp(container);
  Wait(container, container.backoff.Next());  // it was stopped, or the connection broke
}

void DockerReceiver::EndCatchingUp(FollowedContainer& container) {
  container.error.clear();
  Visited(container);
  if (container.running) return Read(container, Phase::kFollowing);
  container.phase = Phase::kResting;
  container.backoff.Reset();
  (void)container.log.Finish([&](const DockerMessage& message) { return Push(container, message); });
}

void DockerReceiver::Wait(FollowedContainer& container, milliseconds wait) {
  container.phase = Phase::kWaiting;
  container.due = clock_.Monotonic() + wait;
}

void DockerReceiver::Retry(FollowedContainer& container, const std::string& error) {
  Wait(container, container.backoff.Next());
  Fail(container.error, container.id.substr(0, kIdDigits) + ": " + error);
  Visited(container);
}

// When the engine itself is gone, its list is the place where that is noticed and said.
void DockerReceiver::Reconnect(FollowedContainer& container, const std::string& error) {
  list_due_ = std::min(list_due_, clock_.Monotonic());
  if (container.backoff.failures() >= kBreaks && list_error_.empty()) return Retry(container, error);
  Wait(container, container.backoff.Next());
}

// It was removed, and its log with it.
void DockerReceiver::Gone(FollowedContainer& container) {
  (void)container.log.Finish([&](const DockerMessage& message) { return Push(container, message); });
  feed_.Forget(container.id);
  Erase(container.id);
}

void DockerReceiver::Erase(const std::string& id) {
  const auto container = containers_.find(id);
  http_.Cancel(container->second.request);
  containers_.erase(container);
  CheckCaughtUp();
}

void DockerReceiver::Visited(FollowedContainer& container) {
  if (std::exchange(container.first, false)) CheckCaughtUp();
}

void DockerReceiver::CheckCaughtUp() {
  if (listed_ && std::ranges::none_of(containers_, [](const auto& entry) { return entry.second.first; })) feed_.CaughtUp();
}

}  // namespace

std::expected<std::unique_ptr<Receiver>, std::string> StartDocker(DockerOptions options, Feed& feed, const Clock& clock) {
  if (options.socket.empty() || options.socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return std::unexpected("\"" + options.socket + "\" is no path of a socket: it has to have 1 to " +
                           std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
  }
  return std::make_unique<DockerReceiver>(std::move(options), feed, clock);
}

}  // namespace logmill
