#include "shipping/record_json.h"

#include <string_view>

#include "shipping/record_id.h"
#include "shipping/time_text.h"

namespace logmill {
namespace {

constexpr int kNanosecondDigits = 9;

void WriteText(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) json.Key(key).Text(text);
}

}  // namespace

void WriteRecord(JsonWriter& json, const ShipRecord& record) {
  json.Key("id").Text(FormatRecordId(record.id));
  json.Key("time").Text(FormatTime(record.time_ns, kNanosecondDigits));
  WriteText(json, "level", record.level);
  WriteText(json, "context", record.context);
  if (record.pid) json.Key("pid").Number(*record.pid);
  WriteText(json, "source", record.source);
  WriteText(json, "stream", record.stream);
  if (record.cut) json.Key("cut").Bool(true);
  json.Key("line").Text(record.line);
}

void AppendRecordLine(const ShipRecord& record, const ShipIdentity& identity, bool raw, std::string& out) {
  if (raw) {
    out.append(record.line).append("\n");
    return;
  }
  JsonWriter json(out);
  json.BeginObject();
  WriteText(json, "service", identity.ServiceOf(record));
  WriteText(json, "host", identity.host);
  WriteText(json, "environment", identity.environment);
  WriteRecord(json, record);
  json.EndObject();
  out += '\n';
}

}  // namespace logmill
