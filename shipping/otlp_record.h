// A record as OpenTelemetry's LogRecord. https://opentelemetry.io/docs/specs/otel/logs/data-model/
//
//   time, observed time   time_ns (not before 1970), read_ms
//   severity              OtlpSeverity(), and the level as written
//   body                  the message: text, or the value that it is in JSON
//   trace, span, flags    a member trace_id, span_id, trace_flags of the JSON line (traceId and trace.id, too...), when it is a good one
//   attributes            log.record.uid: the record's id, by which repeats can be removed; logmill.source, .context, .format, .cut;
//   process.pid;
//                         log.file.path, or container.id and log.iostream, or logmill.stream; exception.stacktrace for a text `stack`;
//                         every other member of the JSON line under its name; log.record.original: the line, when any of it was left out
//
// Bounded: 128 members become attributes; lists and objects are written as such up to 8 deep, deeper ones as their JSON text, and up to
// 1024 values in all: the rest is left out. Of two members of one name the first one counts. Members that are left out are counted in
// dropped_attributes_count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "shipping/bounded_json.h"
#include "shipping/json_members.h"
#include "shipping/otlp_json.h"
#include "shipping/otlp_protobuf.h"
#include "shipping/ship_record.h"

namespace logmill {

// One thread.
class OtlpRecord {
 public:
  void Write(const ShipRecord& record, otlp::ProtobufRecord out);
  void Write(const ShipRecord& record, otlp::JsonOtlpRecord out);

 private:
  // Of the record at hand.
  struct State {
    size_t values_left = 0;
    uint32_t dropped = 0;
    bool changed = false;
    std::string_view trace_id = {};
    std::string_view span_id = {};
    std::string_view trace_flags = {};
  };

  template <typename Record>
  void WriteRecord(const ShipRecord& record, Record& out);
  template <typename Record>
  void WriteBody(const ShipRecord& record, Record& out);
  template <typename Members>
  void WriteAttributes(const ShipRecord& record, Members& members);
  template <typename Members>
  void WriteOwn(const ShipRecord& record, JsonNames& names, Members& members);
  template <typename Members>
  void WriteMembers(const ShipRecord& record, JsonNames& names, Members& members);
  template <typename ValueOut>
  void WriteValue(const JsonValue& value, size_t depth, ValueOut& out);
  template <typename ValueOut>
  void WriteNested(const JsonValue& value, size_t depth, ValueOut& out);
  // The member is one of the trace's, and was taken.
  bool TakeTrace(const JsonValue& key, const JsonValue& value);

  State state_;
  std::string scratch_;
};

}  // namespace logmill
