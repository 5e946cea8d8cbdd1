#include "sources/syslog_receiver.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "net/byte_listener.h"
#include "sources/envelope.h"
#include "sources/syslog_framing.h"
#include "sources/syslog_message.h"

namespace logmill {
namespace {

constexpr size_t kBatchBytes = size_t{64} << 10;  // of envelopes that are pushed at once
constexpr size_t kFramingBytes = 16;              // of a counted message, before it

std::optional<int64_t> NumberOf(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// Envelopes that are not pushed yet, and what they add to the counts once they are.
struct Batch {
  std::string lines;
  uint64_t messages = 0;
  uint64_t malformed = 0;
  uint64_t too_long = 0;

  void Clear() {
    lines.clear();
    messages = malformed = too_long = 0;
  }
};

class SyslogReceiver final : public Receiver {
 public:
  SyslogReceiver(SyslogOptions options, Feed& feed, const Clock& clock) : options_(std::move(options)), feed_(feed), clock_(clock) {}

  // What is wrong, or "".
  std::string Start() {
    auto started = ByteListener::Start({.address = options_.listen,
                                        .tcp = options_.tcp,
                                        .udp = options_.udp,
                                        .setting = options_.setting,
                                        .max_connections = options_.max_connections,
                                        .max_waiting_bytes = options_.max_message_bytes + kFramingBytes,
                                        .idle_timeout = options_.idle_timeout},
                                       {.connected = [this](std::string_view peer) { return std::make_unique<Stream>(*this, peer); },
                                        .datagram = [this](std::string_view bytes, std::string_view peer) { TakeDatagram(bytes, peer); },
                                        .lost = [this](uint64_t datagrams) { counts_.dropped += datagrams; },
                                        .refused = [this] { ++counts_.refused; }});
    if (!started) return started.error();
    listener_ = std::move(*started);
    feed_.CaughtUp();
    return "";
  }

  [[nodiscard]] uint16_t port() const override { return listener_->port(); }

 private:
  // One connection.
  class Stream final : public StreamHandler {
   public:
    Stream(SyslogReceiver& receiver, std::string_view peer)
        : receiver_(receiver), peer_(peer), framing_(receiver.options_.max_message_bytes) {}

    Taken Take(std::string_view bytes, bool ended) override {
      std::string_view rest = bytes;
      for (;;) {
        std::string_view ahead = rest;
        SyslogFraming framing = framing_;
        Batch& batch = receiver_.batch_;
        batch.Clear();
        while (batch.lines.size() < kBatchBytes) {
          const auto frame = framing.Next(&ahead, ended);
          if (!frame) break;
          receiver_.Append(*frame, peer_);
        }
        if (!receiver_.PushBatch()) return {.bytes = bytes.size() - rest.size(), .full = true};
        framing_ = framing;
        rest = ahead;
        if (batch.lines.empty()) return {.bytes = bytes.size() - rest.size()};
      }
    }

   private:
    SyslogReceiver& receiver_;
    const std::string peer_;
    SyslogFraming framing_;
  };

  void TakeDatagram(std::string_view bytes, std::string_view peer) {
    const bool cut = bytes.size() > options_.max_message_bytes;
    batch_.Clear();
    Append({.message = bytes.substr(0, options_.max_message_bytes), .cut = cut}, peer);
    if (!PushBatch()) ++counts_.dropped;
  }

  void Append(const SyslogFrame& frame, std::string_view peer) {
    const int64_t now_ns = clock_.UnixMillis() * 1'000'000;
    const SyslogMessage message = ParseSyslog(frame.message, now_ns);
    key_.assign(peer);
    for (const std::string_view part : {message.host, message.app, message.proc}) key_.append(" ").append(part);
    AppendEnvelope({.text = message.text,
                    .key = key_,
                    .time_ns = message.time_ns.value_or(now_ns),
                    .level = message.severity ? SyslogLevel(*message.severity) : "",
                    .context = message.app,
                    .pid = NumberOf(message.proc),
                    .cut = frame.cut || frame.broken},
                   batch_.lines, options_.max_line_bytes);
    ++batch_.messages;
    if (message.malformed || frame.broken) ++batch_.malformed;
    if (frame.cut) ++batch_.too_long;
  }

  // False: there is no room; nothing was taken.
  bool PushBatch() {
    if (batch_.lines.empty()) return true;
    if (!feed_.Push(batch_.lines)) return false;
    counts_.malformed += batch_.malformed;
    counts_.too_long += batch_.too_long;
    counts_.messages += batch_.messages;
    return true;
  }

  const SyslogOptions options_;
  Feed& feed_;
  const Clock& clock_;
  Batch batch_;      // listener's thread, as key_
  std::string key_;  // of the message at hand
  std::unique_ptr<ByteListener> listener_;
};

}  // namespace

std::expected<std::unique_ptr<Receiver>, std::string> StartSyslog(SyslogOptions options, Feed& feed, const Clock& clock) {
  if (!options.udp && !options.tcp) return std::unexpected(options.listen + ": neither UDP nor TCP is wanted: nothing can come");
  auto receiver = std::make_unique<SyslogReceiver>(std::move(options), feed, clock);
  if (auto error = receiver->Start(); !error.empty()) return std::unexpected(std::move(error));
  return receiver;
}

}  // namespace logmill
