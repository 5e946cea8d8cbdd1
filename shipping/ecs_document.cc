#include "shipping/ecs_document.h"

#include <utility>

#include "shipping/json_writer.h"
#include "shipping/said_elsewhere.h"
#include "shipping/time_text.h"

namespace logmill {
namespace {

constexpr std::string_view kEcsVersion = R"({"version":"8.11.0"})";
constexpr int64_t kNanosecondsOfMillisecond = 1'000'000;
constexpr size_t kDockerIdDigits = 12;  // sources/ names a container's streams by so many digits of its id

std::string TimeText(int64_t unix_ns) { return FormatTime(unix_ns, unix_ns % kNanosecondsOfMillisecond == 0 ? 3 : 9); }

// {"KEY":"TEXT",...} of those that are not empty; "" when all are.
std::string ObjectOf(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  for (const auto& [key, text] : members) {
    if (!text.empty()) json.Key(key).Text(text);
  }
  json.EndObject();
  return out == "{}" ? "" : out;
}

// "" when the stream is not one of a container.
std::string_view ContainerOf(std::string_view stream) {
  if (!stream.ends_with("/stdout") && !stream.ends_with("/stderr")) return "";
  const std::string_view id = stream.substr(0, stream.find('/'));
  return id.size() == kDockerIdDigits && id.find_first_not_of("0123456789abcdef") == std::string_view::npos ? id : "";
}

}  // namespace

EcsDocument::EcsDocument(std::string_view data_stream, ShipIdentity identity) : identity_(std::move(identity)), constant_(kEcsVersion) {
  const auto add = [&](std::string_view name, const std::string& object) {
    if (!object.empty()) constant_.append(",\"").append(name).append("\":").append(object);
  };
  add("agent", ObjectOf({{"type", "logmill"}, {"version", identity_.version}}));
  add("host", ObjectOf({{"name", identity_.host}}));
  const size_t first = data_stream.find('-');
  const size_t second = first == std::string_view::npos ? first : data_stream.find('-', first + 1);
  if (second == std::string_view::npos) return;
  dataset_ = data_stream.substr(first + 1, second - first - 1);
  add("data_stream",
      ObjectOf({{"type", data_stream.substr(0, first)}, {"dataset", dataset_}, {"namespace", data_stream.substr(second + 1)}}));
}

void EcsDocument::Append(const ShipRecord& record, std::string& out) {
  bounded_.Reset();
  JsonWriter json(out);
  json.BeginObject();
  json.Key("@timestamp").Text(TimeText(record.time_ns < 0 ? record.read_ms * kNanosecondsOfMillisecond : record.time_ns));
  json.Key("message").Text(record.message);
  WriteLog(record, json);
  if (record.pid) json.Key("process").BeginObject().Key("pid").Number(*record.pid).EndObject();
  WriteService(record, json);
  WriteOwn(record, json);
  if (record.is_json_object()) WriteMembers(record, json);
  const std::string_view container = ContainerOf(record.stream);
  if (!container.empty()) json.Key("container").BeginObject().Key("id").Text(container).EndObject();
  json.Key("ecs").Raw(constant_);
  WriteEvent(record, json);
  json.EndObject();
}

void EcsDocument::WriteLog(const ShipRecord& record, JsonWriter& json) {
  const bool file = record.stream.starts_with('/');
  if (record.level.empty() && record.context.empty() && !file) return;
  json.Key("log").BeginObject();
  if (!record.level.empty()) json.Key("level").Text(record.level);
  if (!record.context.empty()) json.Key("logger").Text(record.context);
  if (file) json.Key("file").BeginObject().Key("path").Text(record.stream).EndObject();
  json.EndObject();
}

void EcsDocument::WriteService(const ShipRecord& record, JsonWriter& json) {
  const std::string_view name = identity_.ServiceOf(record);
  if (name.empty() && identity_.environment.empty()) return;
  json.Key("service").BeginObject();
  if (!name.empty()) json.Key("name").Text(name);
  if (!identity_.environment.empty()) json.Key("environment").Text(identity_.environment);
  json.EndObject();
}

void EcsDocument::WriteOwn(const ShipRecord& record, JsonWriter& json) {
  json.Key("logmill").BeginObject();
  if (!record.source.empty()) json.Key("source").Text(record.source);
  if (!record.stream.empty()) json.Key("stream").Text(record.stream);
  json.Key("format").Text(record.format == RecordFormat::kText ? "text" : record.console ? "console" : "json");
  if (record.cut) json.Key("cut").Bool(true);
  if (record.time_ns < 0) json.Key("time").Text(TimeText(record.time_ns));
  WriteMessageValue(record, json);
  json.EndObject();
}

void EcsDocument::WriteMessageValue(const ShipRecord& record, JsonWriter& json) {
  if (record.message_type == Value::Type::kObject) {
    json.Key("message");
    bounded_.WriteValue({.kind = JsonKind::kObject, .raw = record.message}, 0, json);
  } else if (record.message_type == Value::Type::kArray) {
    json.Key("message").BeginObject().Key("values");
    bounded_.WriteValue({.kind = JsonKind::kArray, .raw = record.message}, 1, json);
    json.EndObject();
  }
}

void EcsDocument::WriteMembers(const ShipRecord& record, JsonWriter& json) {
  bool begun = false;
  JsonValue stack;
  JsonNames names;
  JsonMembers members(record.line);
  while (members.Next()) {
    if (IsSaidElsewhere(members.key(), members.value(), record)) continue;
    if (stack.raw.empty() && IsStack(members.key(), members.value())) {
      stack = members.value();
      continue;
    }
    if (!std::exchange(begun, true)) json.Key("app").BeginObject();
    bounded_.WriteMember(members.key(), members.value(), names, json);
  }
  if (begun) json.EndObject();
  if (!stack.raw.empty()) json.Key("error").BeginObject().Key("stack_trace").Text(TextOf(stack, scratch_)).EndObject();
  if (!members.valid()) bounded_.SetChanged();
}

void EcsDocument::WriteEvent(const ShipRecord& record, JsonWriter& json) {
  json.Key("event").BeginObject().Key("created").Text(CreatedAt(record.read_ms));
  if (!dataset_.empty()) json.Key("dataset").Text(dataset_);
  if (bounded_.changed()) json.Key("original").Text(record.line);
  json.EndObject();
}

std::string_view EcsDocument::CreatedAt(int64_t read_ms) {
  if (created_.empty() || created_ms_ != read_ms) created_ = FormatTime(read_ms * kNanosecondsOfMillisecond, 3);
  created_ms_ = read_ms;
  return created_;
}

}  // namespace logmill
