// A request of Loki's push API: protobuf in a snappy block, or JSON.
// https://github.com/grafana/loki/blob/main/pkg/push/push.proto, https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
//
//   PushRequest {1: stream...}   stream {1: labels, 2: entry...}   entry {1: time {1: seconds, 2: nanoseconds}, 2: line, 3: metadata {1:
//   name, 2: value}...}
//   {"streams":[{"stream":{"level":"error"},"values":[["1766533331507000001","the line",{"context":"..."}],...]}]}
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shipping/http_destination.h"
#include "shipping/loki_streams.h"
#include "shipping/ship_record.h"

namespace logmill {

// One thread. Reuses its buffers.
class LokiPush {
 public:
  // What is a label already is no structured metadata.
  LokiPush(const std::vector<LokiLabel>& labels, bool json);

  // One stream's records, by their index in the batch and in the order of their time. `metadata`: with structured metadata.
  ProtocolRequest Encode(const LokiStream& stream, std::span<const size_t> records, std::span<const ShipRecord> batch, bool metadata);

 private:
  // What goes along with a line, none of it empty: context, cut (only when it is), format, level, pid, stream.
  template <typename Take>
  void ForEachMetadata(const ShipRecord& record, const Take& take) const;
  std::string Protobuf(const LokiStream& stream, std::span<const size_t> records, std::span<const ShipRecord> batch, bool metadata);
  std::string Json(const LokiStream& stream, std::span<const size_t> records, std::span<const ShipRecord> batch, bool metadata) const;
  [[nodiscard]] size_t SizeOfEntry(const ShipRecord& record, bool metadata) const;
  std::string Compressed(std::string_view message);

  struct Wanted {
    bool context, cut, format, level, pid, stream;
  };
  const Wanted wanted_;
  const bool json_;
  std::vector<size_t> sizes_;  // of the entries of the push at hand
  std::vector<char> message_;
  std::vector<char> packed_;
};

}  // namespace logmill
