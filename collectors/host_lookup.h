// Addresses of a host, asked for without waiting longer than one wants: the system's own lookup cannot be broken off.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collectors/interruption.h"

namespace logmill {

class HostLookup {
 public:
  using Addresses = std::vector<std::string>;  // numeric, IPv4 and IPv6, in the order in which they are to be tried; at most kMaxAddresses
  static constexpr size_t kMaxAddresses = 16;
  using Answer = std::expected<Addresses, std::string>;  // the error: the system's words, without the name
  using Resolve = std::function<Answer(const std::string& host)>;

  // `resolve` may take as long as it likes; tests bring their own.
  explicit HostLookup(Resolve resolve = AskSystem);
  ~HostLookup();
  HostLookup(const HostLookup&) = delete;
  HostLookup& operator=(const HostLookup&) = delete;

  // Asks on a thread of its own, which is left behind when it does not come back in time; the next Find() of the same host waits for that
  // one, so that there is one at most. A numeric address is its own answer. Errors also: "timed out", "interrupted".
  Answer Find(const std::string& host, Interruption& interruption, Interruption::Time deadline);

  // By getaddrinfo(3).
  static Answer AskSystem(const std::string& host);

 private:
  struct Question;
  const Resolve resolve_;
  std::shared_ptr<Question> question_;  // that may be without an answer yet
};

}  // namespace logmill
