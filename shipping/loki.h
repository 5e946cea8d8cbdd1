// Grafana Loki: POST /loki/api/v1/push. https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
//
// Records go into a stream by few labels; the rest is structured metadata, where the server takes it (Loki 3, or 2.9 with schema 13):
// context, format, level, pid, stream, and cut="true" for a line that lost something; none that is a label already. The line is
// ShipRecord::line. A repeat is harmless: same labels, same nanosecond, same line.
//
//   batch ─► streams ─► a push for each half hour ─► taken
//                           ▲   └► 400: refused records are set aside with Loki's reason; the others, or the halves when Loki
//                           └────── does not say which or finds it too large, again at once, until each record is taken or refused
//
// What is further behind the newest entry of its stream than half of max_chunk_age (2 h) is refused, also a repeat of what is there. So no
// push is longer than half of that: it may be repeated, whole or in parts. The oldest goes first, and of each stream one push at a time, so
// that what is there is noted in the cursor before anything newer goes out (Delivery::unsent).
//
// A request holds one stream: of several, Loki would answer for the last one only, and what it refused of the others would be lost without
// a word (Push() in https://github.com/grafana/loki/blob/main/pkg/ingester/instance.go). What cannot be pushed now comes again, without
// what is done.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shipping/http_destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

struct LokiOptions {
  std::string tenant = {};  // X-Scope-OrgID; "": none
  // Name → a text, or one of $service $source $level $format $stream $context $pid $host $environment. A label whose value is empty is left
  // out, one that is longer than 256 bytes is cut. A record without any gets service_name="unknown_service".
  std::vector<std::pair<std::string, std::string>> labels = {{"service_name", "$service"}, {"source", "$source"}, {"level", "$level"}};
  // Once the server says that it does not take it, it is left out until the next start.
  bool structured_metadata = true;
  bool json = false;  // a JSON body (gzip) in place of protobuf with snappy
  size_t max_streams =
      1000;  // sets of label values within an hour of reading; records of further ones get {service_name, level} and overflow="true" only
  ShipIdentity identity = {};
};

// What is wrong with the options; "" when nothing is.
std::string CheckLoki(const LokiOptions& options);
// The options are good ones.
std::unique_ptr<Protocol> MakeLoki(LokiOptions options);

}  // namespace logmill
