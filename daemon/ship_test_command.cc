#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/diagnostic_output.h"

namespace logmill {
namespace {

constexpr char kMessage[] = "Logmill ship-test: this record shows that logs arrive";

void Say(const std::string& line) { fmt::print("{}\n", line); }

std::string KnownNames(const std::vector<DestinationConfig>& destinations) {
  std::string names;
  for (const DestinationConfig& destination : destinations) names += (names.empty() ? "" : ", ") + destination.shipper.name;
  return names.empty() ? "none" : names;
}

const DestinationConfig* FindDestination(const std::vector<DestinationConfig>& destinations, const std::string& name) {
  const auto found = std::ranges::find(destinations, name, [](const DestinationConfig& destination) { return destination.shipper.name; });
  return found == destinations.end() ? nullptr : &*found;
}

// One record, with an id of its own each time.
Delivery SendOne(Destination& destination, std::string& id) {
  const int64_t now_ms = SystemClock().UnixMillis();
  const std::string line =
      fmt::format(R"({{"level":"log","pid":{},"timestamp":{},"message":"{}","context":"Logmill"}})", ::getpid(), now_ms, kMessage);
  ShipRecord record{.id = MakeRecordId(MakeOriginId("ship-test"), static_cast<uint64_t>(now_ms), line),
                    .time_ns = now_ms * 1'000'000,
                    .read_ms = now_ms,
                    .format = RecordFormat::kJson,
                    .level = "log",
                    .context = "Logmill",
                    .message = kMessage,
                    .pid = ::getpid(),
                    .source = "ship-test",
                    .line = line};
  id = FormatRecordId(record.id);
  return destination.Deliver(std::span(&record, 1));
}

int Tell(const Delivery& delivery, const std::string& id) {
  const bool refused = !delivery.refused.empty() || delivery.kind == Delivery::Kind::kSplit;
  if (delivery.kind == Delivery::Kind::kTaken && !refused && delivery.again.empty()) {
    Say(fmt::format("Taken: a record with the id {} and the message \"{}\" ({} bytes sent){}", id, kMessage, delivery.sent_bytes,
                    delivery.words.empty() ? "" : "; it said: " + delivery.words));
    return kExitFine;
  }
  const std::string reason = !delivery.refused.empty() ? delivery.refused.front().reason : delivery.words;
  Say(fmt::format(
      "{}: {}", refused ? "Refused" : fmt::format("Not taken ({}); the daemon would try again", RetryReasonName(delivery.reason)), reason));
  return kExitNo;
}

}  // namespace

int RunShipTest(const std::string& name, const std::string& config_path) {
  Diagnostics diagnostics;
  const std::string path = FindConfig(config_path);
  const Config config = LoadConfig(path, ProcessEnvironment(), diagnostics);
  PrintDiagnostics(diagnostics, stderr);
  if (diagnostics.has_errors()) return kExitNo;
  const std::vector<DestinationConfig>& destinations = config.shipping.destinations;
  const DestinationConfig* const found = FindDestination(destinations, name);
  if (found == nullptr) {
    fmt::print(stderr, "logmill: no destination is called \"{}\" in {}; there are: {}\n", name, path.empty() ? "a configuration" : path,
               KnownNames(destinations));
    return kExitUsage;
  }
  Say(fmt::format("{}: {}", name, found->where));
  const auto destination = found->make();
  const auto health = destination->Check();
  Say(health ? "Health: " + *health : "Health: not good: " + health.error());
  std::string id;
  const Delivery delivery = SendOne(*destination, id);
  return Tell(delivery, id);
}

}  // namespace logmill
