#include "sources/journal_receiver.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "logging/schema.h"
#include "sources/envelope.h"
#include "sources/file_descriptor.h"
#include "sources/journal.h"

namespace logmill {
namespace {

constexpr std::chrono::milliseconds kLongestWait{10'000};
constexpr char kAllOfIt[] = "start";  // a cursor: there was nothing before

// The journal's, which are syslog's.
std::string_view LevelOf(std::string_view priority) {
  using enum LogLevel;
  constexpr LogLevel kLevels[] = {kFatal, kFatal, kFatal, kError, kWarn, kLog, kLog, kDebug};
  if (priority.size() != 1 || priority[0] < '0' || priority[0] > '7') return {};
  return kLogLevelNames[static_cast<size_t>(kLevels[priority[0] - '0'])];
}

std::optional<int64_t> PidOf(std::string_view text) {
  int64_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(pid) : std::nullopt;
}

// FIELD=value, where a field's name is capitals, digits and "_".
bool IsMatch(const std::string& match) {
  const size_t equals = match.find('=');
  return equals != std::string::npos && equals > 0 && match.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == equals;
}

std::vector<std::string> MatchesOf(const JournalOptions& options) {
  std::vector<std::string> matches = options.matches;
  for (const std::string& unit : options.units) {
    matches.push_back("_SYSTEMD_UNIT=" + unit + (unit.find('.') == std::string::npos ? ".service" : ""));
  }
  return matches;
}

class JournalReceiver final : public Receiver {
 public:
  JournalReceiver(JournalOptions options, Feed& feed, const Clock& clock)
      : options_(std::move(options)),
        name_(options_.directory.empty() ? "the journal" : options_.directory),
        matches_(MatchesOf(options_)),
        feed_(feed),
        clock_(clock),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        begun_(clock.Monotonic()),
        thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}
  [[nodiscard]] std::optional<bool> up() const override { return up_.load(std::memory_order_relaxed); }

 private:
  void Run(std::stop_token stop);
  std::expected<void, std::string> Follow(Journal& journal, const std::stop_token& stop);
  std::expected<void, std::string> Seek(Journal& journal);
  bool Push(Journal& journal, const std::stop_token& stop);
  std::string_view EnvelopeOf(Journal& journal);
  void Fail(const std::string& error);
  void Wake() const;

  const JournalOptions options_;
  const std::string name_;
  const std::vector<std::string> matches_;
  Feed& feed_;
  const Clock& clock_;
  FileDescriptor wake_;
  const std::chrono::nanoseconds begun_;
  std::atomic<bool> up_{false};
  std::string cursor_;  // of the last entry pushed
  std::string error_;   // said last
  std::string envelope_;
  std::jthread thread_;
};

void JournalReceiver::Run(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] { Wake(); });
  const auto cursors = feed_.Cursors();
  if (const auto cursor = cursors.find(""); cursor != cursors.end()) cursor_ = cursor->second;
  while (!stop.stop_requested()) {
    auto journal = Journal::Open(options_.directory, matches_, options_.max_line_bytes);
    const auto followed = journal ? Follow(*journal, stop) : std::unexpected(journal.error());
    if (followed) return;
    Fail(name_ + ": " + followed.error());
    pollfd woken{wake_.get(), POLLIN, 0};
    (void)::poll(&woken, 1, static_cast<int>(options_.retry.count()));
  }
}

void JournalReceiver::Wake() const {
  const uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void JournalReceiver::Fail(const std::string& error) {
  up_.store(false, std::memory_order_relaxed);
  if (error != error_) feed_.Fail(error);
  error_ = error;
  if (clock_.Monotonic() - begun_ >= options_.patience) feed_.CaughtUp();
}

// Until `stop`, or an error.
std::expected<void, std::string> JournalReceiver::Follow(Journal& journal, const std::stop_token& stop) {
  if (auto sought = Seek(journal); !sought) return sought;
  while (!stop.stop_requested()) {
    const auto next = journal.Next();
    if (!next) return std::unexpected(next.error());
    up_.store(true, std::memory_order_relaxed);
    if (*next && !Push(journal, stop)) return {};
    if (*next) continue;
    error_.clear();
    feed_.CaughtUp();
    if (auto waited = journal.Wait(wake_.get(), kLongestWait); !waited) return waited;
  }
  return {};
}

std::expected<void, std::string> JournalReceiver::Seek(Journal& journal) {
  if (!cursor_.empty() && cursor_ != kAllOfIt) {
    const auto found = journal.SeekBehind(cursor_);
    if (!found) return std::unexpected(found.error());
    if (!*found)
      feed_.Fail(name_ + ": the entry that was read last is gone, perhaps others too that were not; going on with the oldest newer one");
    return {};
  }
  if (options_.start == StartAt::kStart || cursor_ == kAllOfIt) return journal.SeekStart();
  auto sought = journal.SeekEnd();
  cursor_ = journal.Cursor();
  if (cursor_.empty()) cursor_ = kAllOfIt;
  (void)feed_.Push({}, {}, cursor_);  // the next life begins here, too
  return sought;
}

bool JournalReceiver::Push(Journal& journal, const std::stop_token& stop) {
  cursor_ = journal.Cursor();
  return feed_.PushWait(stop, EnvelopeOf(journal), {}, cursor_);
}

// "" for an entry without a message.
std::string_view JournalReceiver::EnvelopeOf(Journal& journal) {
  envelope_.clear();
  std::string context(journal.Field("SYSLOG_IDENTIFIER"));
  if (context.empty()) context = journal.Field("_SYSTEMD_UNIT");
  const std::string pid(journal.Field("_PID"));
  const std::string_view level = LevelOf(journal.Field("PRIORITY"));
  const std::string key = context + '[' + pid + ']';
  const int64_t time_ns = journal.TimeNs();
  const std::string_view text = journal.Field("MESSAGE");  // the last: the next field may take its place
  if (text.data() == nullptr) return {};
  AppendEnvelope({.text = text, .key = key, .time_ns = time_ns, .level = level, .context = context, .pid = PidOf(pid)}, envelope_,
                 options_.max_line_bytes);
  return envelope_;
}

}  // namespace

std::expected<std::unique_ptr<Receiver>, std::string> StartJournal(JournalOptions options, Feed& feed, const Clock& clock) {
  for (const std::string& match : MatchesOf(options)) {
    if (!IsMatch(match)) return std::unexpected("\"" + match + "\" is no match of a journal's field; write FIELD=value");
  }
  return std::make_unique<JournalReceiver>(std::move(options), feed, clock);
}

}  // namespace logmill
