#include "shipping/loki.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "shipping/http_verdict.h"
#include "shipping/loki_answer.h"
#include "shipping/loki_push.h"
#include "shipping/loki_streams.h"

namespace logmill {
namespace {

constexpr size_t kMostTenantBytes = 150;  // https://grafana.com/docs/loki/latest/operations/multi-tenancy/
// Requests in search of refused records, in one Deliver(): then it is the next one's turn.
constexpr size_t kMostSearches = 64;
// Between the first and the last record of a push.
constexpr uint64_t kLongestPushNs = 1'800'000'000'000;

bool IsTenantCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!-_.*'()").find(c) != std::string_view::npos;
}

std::string CheckTenant(const std::string& tenant) {
  const bool good = std::ranges::all_of(tenant, IsTenantCharacter) && tenant.size() <= kMostTenantBytes && tenant != "." && tenant != "..";
  return good ? "" : "the tenant is no name that Loki takes: at most 150 letters, digits and ! - _ . * ' ( )";
}

std::string Words(const HttpReply& reply) { return "Loki answers " + Describe(reply); }

bool IsTaken(int status) { return status >= 200 && status <= 204; }
bool IsAboutContent(int status) { return status == 400 || status == 413 || status == 422; }
bool IsAboutSize(LokiComplaint complaint) { return complaint == LokiComplaint::kTooLarge || complaint == LokiComplaint::kTooMuch; }

// Why the same push may be taken later; nothing when it will not be. `alone`: it has one record.
std::optional<RetryReason> WhyLater(LokiComplaint complaint, int status, bool alone) {
  if (complaint == LokiComplaint::kThrottled || (complaint == LokiComplaint::kTooMuch && alone)) return RetryReason::kThrottled;
  if (complaint == LokiComplaint::kDenied) return RetryReason::kDenied;
  if (!IsAboutSize(complaint) && !IsAboutContent(status)) return RetryReason::kOther;
  return std::nullopt;
}

class Loki final : public Protocol {
 public:
  explicit Loki(LokiOptions options)
      : options_(std::move(options)),
        streams_(ParseLokiLabels(options_.labels).value_or(std::vector<LokiLabel>()), options_.identity, options_.max_streams),
        push_(streams_.labels(), options_.json),
        metadata_(options_.structured_metadata) {}

  ProtocolRequest Encode(std::span<const ShipRecord> batch) override;
  [[nodiscard]] bool Knows(const HttpReply& reply) const override {
    return !IsTaken(reply.status) && IsAboutSize(ReadLokiComplaint(reply.body));
  }
  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> batch) override;
  Delivery Confirm(const HttpReply& reply, std::span<const ShipRecord> batch, const Send& send) override;
  ProtocolRequest HealthRequest() override;
  std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) override;

 private:
  // One request to come; the first one of the queue is at hand.
  struct Push {
    const LokiStream* stream;
    std::vector<size_t> records;
  };

  void Enqueue(const LokiStream& stream, std::span<const ShipRecord> batch);
  // The push at hand belongs to this Deliver(): it begins within half an hour of the oldest, so none of its stream went before.
  [[nodiscard]] bool IsInTime(std::span<const ShipRecord> batch) const;
  void TakeQueue(std::vector<size_t>& records);
  ProtocolRequest EncodeFirst(std::span<const ShipRecord> batch);
  // Takes the push at hand off the queue, or puts there what is to come in its place. Not kTaken: nothing was done, and the push waits.
  Delivery Settle(const HttpReply& reply, std::span<const ShipRecord> batch);
  void SettleEntries(const HttpReply& reply, std::span<const ShipRecord> batch);
  void Halve();
  void Refuse(const std::vector<size_t>& records, const std::string& reason);
  void Postpone(const Delivery& delivery);
  void Say(const std::string& words);

  const LokiOptions options_;
  LokiStreams streams_;
  LokiPush push_;
  bool metadata_;             // goes along: nobody said no so far
  bool overflowing_ = false;  // the last batch had too many streams
  std::deque<Push> queue_;
  Delivery outcome_;        // of the pushes so far
  uint64_t oldest_ns_ = 0;  // of the batch
  size_t searches_ = 0;
};

ProtocolRequest Loki::Encode(std::span<const ShipRecord> batch) {
  queue_.clear();
  outcome_ = {};
  searches_ = 0;
  for (const LokiStream* stream : streams_.Divide(batch)) Enqueue(*stream, batch);
  std::ranges::stable_sort(queue_, {}, [&](const Push& push) { return batch[push.records.front()].time_ns; });
  oldest_ns_ = static_cast<uint64_t>(batch[queue_.front().records.front()].time_ns);
  if (streams_.overflowed() != 0 && !overflowing_) {
    Say("there were more than " + std::to_string(options_.max_streams) +
        " streams within an hour: lines of further ones have overflow=\"true\" and few labels");
  }
  overflowing_ = streams_.overflowed() != 0;
  return EncodeFirst(batch);
}

// The records of a stream are in the order of time.
void Loki::Enqueue(const LokiStream& stream, std::span<const ShipRecord> batch) {
  uint64_t begin_ns = 0;
  for (const size_t index : stream.records) {
    const auto time_ns = static_cast<uint64_t>(batch[index].time_ns);  // differences are right also where those of int64_t overflow
    if (index == stream.records.front() || time_ns - begin_ns > kLongestPushNs) {
      queue_.push_back({&stream, {}});
      begin_ns = time_ns;
    }
    queue_.back().records.push_back(index);
  }
}

ProtocolRequest Loki::EncodeFirst(std::span<const ShipRecord> batch) {
  ProtocolRequest request = push_.Encode(*queue_.front().stream, queue_.front().records, batch, metadata_);
  if (!options_.tenant.empty()) request.headers.push_back({"X-Scope-OrgID", options_.tenant});
  return request;
}

Delivery Loki::Read(const HttpReply& reply, std::span<const ShipRecord> batch) { return Settle(reply, batch); }

Delivery Loki::Confirm(const HttpReply& /*reply*/, std::span<const ShipRecord> batch, const Send& send) {
  while (!queue_.empty() && IsInTime(batch)) {
    if (searches_ > kMostSearches) {
      Postpone({.words = "Loki refuses so many records that finding them takes longer"});
      break;
    }
    const auto reply = send(EncodeFirst(batch));
    std::optional<Delivery> known;
    if (!reply) known = Classify(reply.error());
    if (reply && !Knows(*reply)) known = Classify(*reply, "");
    Delivery delivery = known ? *known : Settle(*reply, batch);
    if (known && reply) delivery.words = Words(*reply);
    if (delivery.kind != Delivery::Kind::kTaken) {
      Postpone(delivery);
      break;
    }
  }
  TakeQueue(outcome_.unsent);
  std::ranges::sort(outcome_.refused, {}, &Delivery::Refused::index);
  std::ranges::sort(outcome_.again);
  std::ranges::sort(outcome_.unsent);
  return outcome_;
}

Delivery Loki::Settle(const HttpReply& reply, std::span<const ShipRecord> batch) {
  if (IsTaken(reply.status) && IsBrokenJson(reply))
    return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kBroken, .words = Words(reply)};
  if (IsTaken(reply.status)) {
    queue_.pop_front();
    return {};
  }
  const LokiComplaint complaint = ReadLokiComplaint(reply.body);
  if (const auto reason = WhyLater(complaint, reply.status, queue_.front().records.size() == 1))
    return {.kind = Delivery::Kind::kRetry, .reason = *reason, .pause = reply.retry_after, .words = Words(reply)};
  Say(Words(reply));
  if (complaint == LokiComplaint::kMetadata && metadata_) {
    metadata_ = false;
    Say("structured metadata is left out until the next start");
  } else {
    SettleEntries(reply, batch);
  }
  return {};
}

void Loki::SettleEntries(const HttpReply& reply, std::span<const ShipRecord> batch) {
  ++searches_;
  std::vector<size_t>& records = queue_.front().records;
  const LokiRefusal refusal = ReadLokiRefusal(reply.body, records, batch);
  if (refusal.records.empty() && records.size() > 1) return Halve();
  Refuse(refusal.records.empty() ? records : refusal.records, Excerpt(reply.body));
  auto next = refusal.records.begin();
  std::erase_if(records, [&](size_t index) {
    const bool refused = next != refusal.records.end() && *next == index;
    if (refused) ++next;
    return refused;
  });
  if (refusal.complete || refusal.records.empty() || records.empty()) queue_.pop_front();
}

void Loki::Halve() {
  Push& first = queue_.front();
  const auto middle = first.records.begin() + static_cast<std::ptrdiff_t>(first.records.size() / 2);
  Push front{first.stream, {first.records.begin(), middle}};
  first.records.erase(first.records.begin(), middle);
  queue_.push_front(std::move(front));
}

void Loki::Refuse(const std::vector<size_t>& records, const std::string& reason) {
  for (const size_t index : records) outcome_.refused.push_back({index, reason.empty() ? "refused without a word" : reason});
}

void Loki::Postpone(const Delivery& delivery) {
  outcome_.reason = delivery.reason == RetryReason::kThrottled ? RetryReason::kThrottled : RetryReason::kPartial;
  outcome_.pause = delivery.pause;
  Say(delivery.words);
  TakeQueue(outcome_.again);
}

bool Loki::IsInTime(std::span<const ShipRecord> batch) const {
  return static_cast<uint64_t>(batch[queue_.front().records.front()].time_ns) - oldest_ns_ <= kLongestPushNs;
}

void Loki::TakeQueue(std::vector<size_t>& records) {
  for (const Push& push : queue_) records.insert(records.end(), push.records.begin(), push.records.end());
  queue_.clear();
}

void Loki::Say(const std::string& words) {
  if (outcome_.words.size() > 1000 || outcome_.words.ends_with(words)) return;
  outcome_.words += (outcome_.words.empty() ? "" : "; ") + words;
}

ProtocolRequest Loki::HealthRequest() {
  ProtocolRequest request{.method = "GET", .path = "/ready"};
  if (!options_.tenant.empty()) request.headers.push_back({"X-Scope-OrgID", options_.tenant});
  return request;
}

std::expected<std::string, std::string> Loki::ReadHealth(const HttpReply& reply) {
  const std::string status = std::to_string(reply.status);
  switch (reply.status) {
    case 200:
      return "Loki is ready";
    case 401:
    case 403:
      return std::unexpected("whoever answers wants other credentials than these (" + status + ")");
    case 404:
      return std::unexpected(
          "whoever answers does not know /ready (404): this is not Loki, or a gateway in front of it that hides that page");
    case 503:
      return std::unexpected("Loki is not ready: " + Excerpt(reply.body));
    default:
      return std::unexpected("Loki's /ready answers " + status + ": " + Excerpt(reply.body));
  }
}

}  // namespace

std::string CheckLoki(const LokiOptions& options) {
  const auto labels = ParseLokiLabels(options.labels);
  if (!labels) return labels.error();
  if (options.max_streams == 0) return "max_streams is 0: there would be no stream to put anything in";
  return CheckTenant(options.tenant);
}

std::unique_ptr<Protocol> MakeLoki(LokiOptions options) { return std::make_unique<Loki>(std::move(options)); }

}  // namespace logmill
