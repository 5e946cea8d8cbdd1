// A destination behind HTTP: nodes, encoding, compression, deadlines, and what a status means. What a batch looks like and what an answer
// says is a Protocol's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "shipping/destination.h"
#include "shipping/gzip.h"
#include "shipping/http_verdict.h"
#include "shipping/secret_mask.h"

namespace logmill {

enum class BodyCoding : uint8_t { kNone, kGzip };

struct HttpDestinationOptions {
  // Of equal nodes, without the protocol's path and without a query; not empty.
  std::vector<std::string> urls = {};
  HttpClientOptions client = {};
  std::vector<HttpField> headers = {};        // the user's own: one replaces the protocol's of the same name
  BodyCoding coding = BodyCoding::kGzip;      // of bodies that the protocol has not packed itself
  std::chrono::milliseconds timeout{30'000};  // of one request
};

// One request of a protocol.
struct ProtocolRequest {
  std::string method = "POST";
  std::string path = {};  // behind the node's URL, with its query: "/loki/api/v1/push"
  std::vector<HttpField> headers = {};
  std::string body = {};
  bool packed = false;                 // the body is compressed already (headers say how)
  std::chrono::milliseconds delay{0};  // it is sent so much later, or not at all when Interrupt() comes meanwhile: for Confirm()
  std::string error = {};              // why it cannot be sent (a token's file cannot be read): a sentence without secrets; then it is not
};

// How one kind of store is spoken to. One thread.
class Protocol {
 public:
  virtual ~Protocol() = default;

  // The batch as one request.
  virtual ProtocolRequest Encode(std::span<const ShipRecord> batch) = 0;
  // True: Read() has more to say of this answer than Classify() (http_verdict.h), which is not asked then. False by default.
  [[nodiscard]] virtual bool Knows(const HttpReply& reply) const;
  // What an answer means. Only for what Knows() claims, and statuses that Classify() leaves to the protocol: 2xx, 400, 409, 413, 422 and
  // other 4xx.
  virtual Delivery Read(const HttpReply& reply, std::span<const ShipRecord> batch) = 0;
  // For stores that confirm later (Splunk): asks until the batch that `reply` was for is safe. And for those that want a batch in several
  // requests (Loki): Encode() makes the first one, the others are sent here. After Read() said kTaken. Anything but kTaken replaces what
  // Read() said; of kTaken, what it refuses, wants again, has not sent and says is added. kTaken by default. `send` sends to the same node;
  // it fails with kInterrupted after Interrupt().
  using Send = std::function<std::expected<HttpReply, HttpError>(const ProtocolRequest&)>;
  virtual Delivery Confirm(const HttpReply& reply, std::span<const ShipRecord> batch, const Send& send);
  // What to ask a node for its health, and what its answer of any status says: a sentence, or what is wrong.
  virtual ProtocolRequest HealthRequest() = 0;
  virtual std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) = 0;
};

// Nodes: the one that answered last is asked first. When there is no connection, no answer in time or only half of one, or it says 5xx, the
// next one is asked at once, each at most once in a Deliver(). So Deliver() may take `timeout` times the number of nodes.
//
// Secrets that a server's answer repeats are taken out of words and reasons.
class HttpDestination final : public Destination {
 public:
  // The options are good ones.
  HttpDestination(HttpDestinationOptions options, std::unique_ptr<Protocol> protocol);
  ~HttpDestination() override;

  // What is wrong with the URL of a node, and with all other options; "" when nothing is. Names no value.
  static std::string CheckUrl(const std::string& url);
  static std::string CheckOptions(const HttpDestinationOptions& options);

  Delivery Deliver(std::span<const ShipRecord> batch) override;
  // Of all nodes; well when any of them is. At most ten seconds a node.
  std::expected<std::string, std::string> Check() override;
  // For good: nothing is sent any more.
  void Interrupt() override;

 private:
  using Answer = std::expected<HttpReply, HttpError>;

  Answer Send(const std::string& node, const ProtocolRequest& request, std::chrono::milliseconds timeout);
  bool WaitFor(std::chrono::milliseconds delay);
  [[nodiscard]] std::vector<HttpField> HeadersOf(const ProtocolRequest& request, bool pack) const;
  Delivery DeliverTo(const std::string& node, const ProtocolRequest& request, std::span<const ShipRecord> batch);
  Delivery Read(const std::string& node, const HttpReply& reply, std::span<const ShipRecord> batch);
  std::expected<std::string, std::string> CheckNode(const std::string& node);
  void HideSecrets(const std::string& node, const ProtocolRequest& request, Delivery& delivery) const;
  [[nodiscard]] SecretMask MaskFor(const std::string& node, const ProtocolRequest& request) const;

  const HttpDestinationOptions options_;
  const std::unique_ptr<Protocol> protocol_;
  HttpClient client_;
  Gzip gzip_;
  size_t node_ = 0;        // to be asked first
  size_t sent_bytes_ = 0;  // of the bodies of one batch

  std::mutex waiting_;
  std::condition_variable wake_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace logmill
