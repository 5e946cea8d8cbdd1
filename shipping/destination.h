// A place that logs are shipped to. It encodes a batch, hands it over, and reads the answer: nothing else. Batching, waiting, retrying,
// splitting, cursors and counting are the Shipper's, once for all.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shipping/ship_record.h"

namespace logmill {

// Why a batch was not taken, as label value of logmill_ship_retries_total; RetryReasonName() gives it.
enum class RetryReason : uint8_t {
  kConnection,  // nobody there
  kTls,
  kTimeout,
  kBroken,       // half an answer, or one that makes no sense
  kThrottled,    // 429
  kServerError,  // 5xx
  kDenied,       // 401, 403: tried again, since somebody will mend it, and said loudly
  kNotFound,     // 404
  kDisk,
  kPartial,  // some records only
  kOther,
};
inline constexpr size_t kRetryReasons = static_cast<size_t>(RetryReason::kOther) + 1;
std::string_view RetryReasonName(RetryReason reason);

// What became of a batch.
struct Delivery {
  enum class Kind : uint8_t {
    kTaken,  // all of it, but what stands in `refused`, `refused_unnamed`, `again` and `unsent`
    kRetry,  // nothing, or nobody knows: the same again, later
    kSplit,  // too large, or something in it is not wanted and nobody says what: in halves, at once. One record alone is refused
  };
  struct Refused {
    size_t index;        // in the batch
    std::string reason;  // in the server's words: short, one line
  };

  Kind kind = Kind::kTaken;
  RetryReason reason = RetryReason::kOther;  // of kRetry, and of `again`
  bool maybe_refused = false;                // of kRetry: by the protocol it will never be taken, but many servers in trouble say that, too
  std::chrono::milliseconds pause{0};        // the server asked for at least so long (Retry-After); 0: it did not
  std::string words =
      {};  // for people, of anything but a plain success: "http://loki:3100/...: 429: too many streams". No secrets, one line
  std::vector<Refused> refused = {};  // ascending; will never be taken
  size_t refused_unnamed = 0;         // more that will never be taken, and the server does not say which
  std::vector<size_t> again = {};     // ascending; may be taken later
  std::vector<size_t> unsent = {};    // ascending; was not offered yet: at once, once what became of the others is safe
  uint64_t sent_bytes = 0;            // of the body that was taken
};

// One thread, but Interrupt().
class Destination {
 public:
  virtual ~Destination() = default;

  // Hands over a batch, which is not empty, in its order. Returns within the destination's deadline, or soon after Interrupt().
  virtual Delivery Deliver(std::span<const ShipRecord> batch) = 0;
  // Whether it would take logs now: what is there, in words, or what is wrong. For the start and `ship-test`. Sends no record.
  virtual std::expected<std::string, std::string> Check() = 0;
  // Any thread: a call at hand ends soon, with kRetry. Nothing more is to be delivered. One that comes while a call is about to begin may
  // be missed, so it is repeated until there is no call any more.
  virtual void Interrupt() = 0;

  // For those that can take a repeat back (a file): a note that is kept with the cursor before the first batch and after each one, and
  // given to the next life before anything is delivered. Who gives notes gets no further batch before the last one is saved. "": none.
  virtual std::string Note() { return {}; }
  virtual void Resume(std::string_view /*note*/) {}
};

}  // namespace logmill
