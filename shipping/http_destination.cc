#include "shipping/http_destination.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "net/http_field.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCheckTimeout{10'000};
// A secret that is shorter may be a word that the answer's JSON needs.
constexpr size_t kLeastSecretOfBody = 8;

bool SameName(const HttpField& left, const HttpField& right) { return LowerCase(left.name) == LowerCase(right.name); }

bool IsOurs(const HttpField& field) {
  static constexpr std::array<std::string_view, 6> kNames{"authorization",  "content-type",      "content-encoding",
                                                          "content-length", "transfer-encoding", "expect"};
  return std::ranges::find(kNames, LowerCase(field.name)) != kNames.end();
}

std::string UrlOf(const std::string& node, const ProtocolRequest& request) {
  const size_t end = node.find_last_not_of('/');
  return node.substr(0, end == std::string::npos ? 0 : end + 1) + request.path;
}

// Another node may do better.
bool IsOfNode(const Delivery& delivery) {
  if (delivery.kind != Delivery::Kind::kRetry) return false;
  switch (delivery.reason) {
    case RetryReason::kConnection:
    case RetryReason::kTls:
    case RetryReason::kTimeout:
    case RetryReason::kBroken:
    case RetryReason::kServerError:
      return true;
    default:
      return false;
  }
}

Delivery Interrupted() { return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kOther, .words = "interrupted"}; }

// What was found out later about the same batch.
void Add(Delivery later, Delivery& delivery) {
  if (!later.again.empty()) delivery.reason = later.reason;
  delivery.pause = std::max(delivery.pause, later.pause);
  if (!later.words.empty()) delivery.words += (delivery.words.empty() ? "" : "; ") + later.words;
  std::ranges::move(later.refused, std::back_inserter(delivery.refused));
  std::ranges::move(later.again, std::back_inserter(delivery.again));
  std::ranges::sort(delivery.refused, {}, &Delivery::Refused::index);
  std::ranges::move(later.unsent, std::back_inserter(delivery.unsent));
  std::ranges::sort(delivery.again);
  std::ranges::sort(delivery.unsent);
}

}  // namespace

bool Protocol::Knows(const HttpReply& /*reply*/) const { return false; }

Delivery Protocol::Confirm(const HttpReply& /*reply*/, std::span<const ShipRecord> /*batch*/, const Send& /*send*/) { return {}; }

HttpDestination::HttpDestination(HttpDestinationOptions options, std::unique_ptr<Protocol> protocol)
    : options_(std::move(options)), protocol_(std::move(protocol)), client_(options_.client) {}

HttpDestination::~HttpDestination() = default;

std::string HttpDestination::CheckUrl(const std::string& url) {
  if (const std::string complaint = HttpClient::CheckUrl(url); !complaint.empty()) return complaint;
  return url.find_first_of("?#") == std::string::npos ? "" : "a URL of a node has no query: what is asked for is added to it";
}

std::string HttpDestination::CheckOptions(const HttpDestinationOptions& options) {
  for (const HttpField& field : options.headers) {
    if (!IsToken(field.name)) return "a header has a name that cannot be sent";
    if (!IsFieldValue(field.value)) return "the header " + field.name + " has a value that cannot be sent: it holds control characters";
    if (IsOurs(field)) return "the header " + field.name + " is made by Logmill";
  }
  return HttpClient::Check(options.client);
}

Delivery HttpDestination::Deliver(std::span<const ShipRecord> batch) {
  Delivery delivery;
  std::string words;
  for (size_t tried = 0; tried < options_.urls.size(); ++tried) {
    if (interrupted_) return Interrupted();
    const milliseconds pause = delivery.pause;
    const bool maybe_refused = delivery.maybe_refused;
    // Anew for each node: what the one before has confirmed of it or not is no longer known.
    delivery = DeliverTo(options_.urls[node_], protocol_->Encode(batch), batch);
    delivery.maybe_refused |= maybe_refused;
    if (!IsOfNode(delivery)) return delivery;
    node_ = (node_ + 1) % options_.urls.size();
    delivery.pause = std::max(delivery.pause, pause);
    words += (words.empty() ? "" : "; ") + delivery.words;
  }
  delivery.words = std::move(words);
  return delivery;
}

Delivery HttpDestination::DeliverTo(const std::string& node, const ProtocolRequest& request, std::span<const ShipRecord> batch) {
  sent_bytes_ = 0;
  Answer reply = Send(node, request, options_.timeout);
  if (!reply) return Classify(reply.error());
  if (reply->status >= 300) reply->body = MaskFor(node, request).Hide(std::move(reply->body), kLeastSecretOfBody);
  auto known = protocol_->Knows(*reply) ? std::nullopt : Classify(*reply, UrlOf(node, request));
  Delivery delivery = known ? std::move(*known) : Read(node, *reply, batch);
  if (delivery.kind == Delivery::Kind::kTaken && delivery.sent_bytes == 0) delivery.sent_bytes = sent_bytes_;
  HideSecrets(node, request, delivery);
  return delivery;
}

Delivery HttpDestination::Read(const std::string& node, const HttpReply& reply, std::span<const ShipRecord> batch) {
  Delivery delivery = protocol_->Read(reply, batch);
  if (delivery.kind != Delivery::Kind::kTaken) return delivery;
  const auto send = [&](const ProtocolRequest& request) { return Send(node, request, options_.timeout); };
  Delivery confirmed = protocol_->Confirm(reply, batch, send);
  if (confirmed.kind != Delivery::Kind::kTaken) return confirmed;
  Add(std::move(confirmed), delivery);
  return delivery;
}

HttpDestination::Answer HttpDestination::Send(const std::string& node, const ProtocolRequest& request, milliseconds timeout) {
  if (!request.error.empty()) return std::unexpected(HttpError{HttpFault::kRequest, request.error});
  const std::string url = UrlOf(node, request);
  if (!WaitFor(request.delay)) return std::unexpected(HttpError{HttpFault::kInterrupted, "interrupted"});
  const bool pack = options_.coding == BodyCoding::kGzip && !request.packed && !request.body.empty();
  HttpCall call{.url = url, .method = request.method, .headers = HeadersOf(request, pack), .deadline = timeout};
  call.body = pack ? gzip_.Pack(request.body) : std::string_view(request.body);
  sent_bytes_ += call.body.size();
  return client_.Send(call);
}

std::vector<HttpField> HttpDestination::HeadersOf(const ProtocolRequest& request, bool pack) const {
  std::vector<HttpField> headers = options_.headers;
  for (const HttpField& field : request.headers) {
    const bool replaced = std::ranges::any_of(options_.headers, [&](const HttpField& own) { return SameName(own, field); });
    if (!replaced) headers.push_back(field);
  }
  if (pack) headers.push_back({"Content-Encoding", "gzip"});
  return headers;
}

bool HttpDestination::WaitFor(milliseconds delay) {
  std::unique_lock lock(waiting_);
  wake_.wait_for(lock, delay, [this] { return interrupted_.load(); });
  return !interrupted_;
}

std::expected<std::string, std::string> HttpDestination::Check() {
  std::string good;
  std::string bad;
  for (const std::string& node : options_.urls) {
    auto health = CheckNode(node);
    std::string& words = health ? good : bad;
    words += (words.empty() ? "" : "; ") + (health ? *health : health.error());
  }
  if (good.empty()) return std::unexpected(bad);
  return bad.empty() ? good : good + "; but " + bad;
}

std::expected<std::string, std::string> HttpDestination::CheckNode(const std::string& node) {
  if (interrupted_) return std::unexpected("interrupted");
  const ProtocolRequest request = protocol_->HealthRequest();
  const Answer reply = Send(node, request, std::min(options_.timeout, kCheckTimeout));
  if (!reply) return std::unexpected(reply.error().text);
  const SecretMask mask = MaskFor(node, request);
  if (reply->status >= 300 && reply->status <= 399) return std::unexpected(mask.Hide(Classify(*reply, UrlOf(node, request))->words));
  if (reply->status <= 299 && IsOfAnother(*reply))
    return std::unexpected(mask.Hide("what answers is no log store, but a page for people: " + Excerpt(reply->body)));
  auto health = protocol_->ReadHealth(*reply);
  if (!health) return std::unexpected(mask.Hide(std::move(health.error())));
  return mask.Hide(std::move(*health));
}

SecretMask HttpDestination::MaskFor(const std::string& node, const ProtocolRequest& request) const {
  SecretMask mask;
  mask.LearnHeaders(options_.headers);
  mask.LearnHeaders(request.headers);
  mask.LearnCredentials(options_.client.credentials, node);
  return mask;
}

void HttpDestination::HideSecrets(const std::string& node, const ProtocolRequest& request, Delivery& delivery) const {
  if (delivery.words.empty() && delivery.refused.empty()) return;
  const SecretMask mask = MaskFor(node, request);
  delivery.words = mask.Hide(std::move(delivery.words));
  for (Delivery::Refused& refused : delivery.refused) refused.reason = mask.Hide(std::move(refused.reason));
}

void HttpDestination::Interrupt() {
  {
    const std::lock_guard lock(waiting_);
    interrupted_ = true;
  }
  wake_.notify_all();
  client_.Interrupt();
}

}  // namespace logmill
