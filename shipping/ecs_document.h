// A record as a document in the field names of the Elastic Common Schema. https://www.elastic.co/guide/en/ecs/current/index.html
//
//   {"@timestamp":"2026-11-22T09:22:15.403Z","message":"…","log":{"level":"error","logger":"JobService","file":{"path":"/var/log/…"}},
//    "process":{"pid":11},"error":{"stack_trace":"…"},"service":{"name":"gallery","environment":"production"},
//    "logmill":{"source":"gallery","stream":"/var/log/…","format":"json","cut":true,"message":{…}},"app":{"correlationId":"…",…},
//    "ecs":{"version":"8.11.0"},"agent":{"type":"logmill","version":"…"},"host":{"name":"…"},
//    "data_stream":{"type":"logs","dataset":"logmill","namespace":"default"},
//    "event":{"created":"…","dataset":"logmill","original":"…"}}
//
// No document is refused for what the application logged, and none changes a mapping, with packaging/elasticsearch/index-template.json:
// - `message` is always a string: of an object or array its JSON text; the object itself is logmill.message, an array
// logmill.message.values.
// - What else stands in a JSON line is under `app`, which is one field (`flattened`, `flat_object`), whatever types its values have. Left
// out of it is only
//   what the document says elsewhere: level, pid, timestamp, message, context under their usual names, when they are the record's, and a
//   `stack`.
// - What such a field cannot hold is changed (BoundedJson): a name that comes twice, long values, deep ones. Then event.original has the
// whole line.
// - A time before 1970, which date_nanos does not know, becomes the time of the reading; logmill.time has it as it was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shipping/bounded_json.h"
#include "shipping/ship_identity.h"
#include "shipping/ship_record.h"

namespace logmill {

// One thread.
class EcsDocument {
 public:
  // `data_stream`: one of the form type-dataset-namespace is also said in each document.
  EcsDocument(std::string_view data_stream, ShipIdentity identity);

  // Appends one JSON object without line breaks.
  void Append(const ShipRecord& record, std::string& out);

 private:
  void WriteLog(const ShipRecord& record, JsonWriter& json);
  void WriteService(const ShipRecord& record, JsonWriter& json);
  void WriteOwn(const ShipRecord& record, JsonWriter& json);
  void WriteMembers(const ShipRecord& record, JsonWriter& json);
  void WriteMessageValue(const ShipRecord& record, JsonWriter& json);
  void WriteEvent(const ShipRecord& record, JsonWriter& json);
  std::string_view CreatedAt(int64_t read_ms);

  const ShipIdentity identity_;
  // The same in all documents: members from `ecs` to `data_stream`, behind `"ecs":`.
  std::string constant_;
  std::string dataset_;

  BoundedJson bounded_{JsonLimits{}};
  std::string scratch_;
  std::string created_;  // the text of created_ms_, which is most often the same as before
  int64_t created_ms_ = 0;
};

}  // namespace logmill
