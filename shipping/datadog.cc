#include "shipping/datadog.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "shipping/bounded_json.h"
#include "shipping/json_writer.h"
#include "shipping/said_elsewhere.h"
#include "shipping/store_key.h"

namespace logmill {
namespace {

constexpr std::string_view kPath = "/api/v2/logs";
constexpr size_t kMostEntryBytes = 1'000'000;  // Datadog says 1 MB
constexpr size_t kMostShortBytes = 4096;
constexpr size_t kUsualEntryBytes = 512;
constexpr int64_t kNanosecondsOfMillisecond = 1'000'000;
// Datadog drops what is more than 18 hours old; an hour is for clocks that differ and for retries.
constexpr int64_t kOldestMillis = int64_t{17} * 3600 * 1000;
// Datadog leaves attributes out that lie deeper than 20 levels.
constexpr JsonLimits kLimits{.depth = 16, .key_bytes = 256, .text_bytes = 65536};

// What an entry says itself.
constexpr std::array<std::string_view, 11> kOwnNames{"ddsource", "ddtags", "hostname", "service", "timestamp", "status",
                                                     "message",  "pid",    "logger",   "error",   "logmill"};

void WriteFilled(std::string_view key, std::string_view text, JsonWriter& json) {
  if (!text.empty()) json.Key(key).Text(text);
}

std::string JoinTags(const DatadogOptions& options) {
  std::string joined = options.identity.environment.empty() ? "" : "env:" + options.identity.environment;
  for (const std::string& tag : options.tags) joined.append(joined.empty() ? "" : ",").append(tag);
  return joined;
}

class Datadog final : public Protocol {
 public:
  explicit Datadog(DatadogOptions options)
      : options_(std::move(options)), key_{options_.api_key, options_.api_key_file}, tags_(JoinTags(options_)) {}

  ProtocolRequest Encode(std::span<const ShipRecord> batch) override {
    ProtocolRequest request = NewRequest();
    request.body.reserve(std::max(last_bytes_, batch.size() * kUsualEntryBytes));
    oldest_ms_ = options_.clock->UnixMillis() - kOldestMillis;
    for (const ShipRecord& record : batch) {
      request.body += request.body.empty() ? '[' : ',';
      WriteEntry(record, request.body);
    }
    request.body += ']';
    last_bytes_ = request.body.size();
    return request;
  }

  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> /*batch*/) override {
    std::string words = Describe(reply);
    const bool broken = IsBrokenJson(reply);
    if ((reply.status == 202 || reply.status == 200) && !broken) return {};
    const bool refused = reply.status == 400 && !broken && reply.body[0] == '{';
    if (refused || reply.status == 413) return {.kind = Delivery::Kind::kSplit, .words = std::move(words)};
    const bool odd = reply.status < 300 || reply.status == 400;
    const RetryReason reason = odd ? RetryReason::kBroken : RetryReason::kOther;
    return {.kind = Delivery::Kind::kRetry, .reason = reason, .words = std::move(words)};
  }

  // The intake has no page for its health, and the address that validates keys is another host's. An empty list of logs goes the whole way.
  ProtocolRequest HealthRequest() override {
    ProtocolRequest request = NewRequest();
    request.body = "[]";
    return request;
  }

  std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) override {
    if (reply.status == 200 || reply.status == 202) return "Datadog takes logs, and accepts the key";
    if (reply.status == 400) return "Datadog answers, and accepts the key";  // nothing but the empty list displeases it
    const std::string words = std::to_string(reply.status) + ": " + Excerpt(reply.body);
    if (reply.status == 401 || reply.status == 403)
      return std::unexpected("Datadog does not accept the key, or it belongs to another site: " + words);
    return std::unexpected(words);
  }

 private:
  ProtocolRequest NewRequest() const {
    ProtocolRequest request{.path = std::string(kPath)};
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    const auto key = key_.Read();
    if (key) {
      request.headers.push_back({"DD-API-KEY", *key});
    } else {
      request.error = "no API key: " + key.error();
    }
    return request;
  }

  void WriteEntry(const ShipRecord& record, std::string& out) {
    const size_t begin = out.size();
    WriteObject(record, record.message, false, out);
    for (size_t most = kMostEntryBytes * 9 / 10; out.size() - begin > kMostEntryBytes && most > 0; most /= 2) {
      out.resize(begin);
      WriteObject(record, CutAtCharacter(record.message, most), true, out);
    }
  }

  void WriteObject(const ShipRecord& record, std::string_view message, bool too_long, std::string& out) {
    JsonWriter json(out);
    json.BeginObject();
    WriteFilled("ddsource", options_.ddsource, json);
    WriteFilled("ddtags", tags_, json);
    WriteFilled("hostname", options_.identity.host, json);
    WriteFilled("service", options_.identity.ServiceOf(record), json);
    if (!IsTooOld(record)) json.Key("timestamp").Number(MillisOf(record));
    WriteFilled("status", Short(record.level), json);
    json.Key("message").Text(message);
    if (record.pid) json.Key("pid").Number(*record.pid);
    if (!record.context.empty()) json.Key("logger").BeginObject().Key("name").Text(Short(record.context)).EndObject();
    WriteOwn(record, too_long, json);
    if (record.is_json_object() && !too_long) WriteMembers(record, json);
    json.EndObject();
  }

  static int64_t MillisOf(const ShipRecord& record) { return record.time_ns / kNanosecondsOfMillisecond; }
  bool IsTooOld(const ShipRecord& record) const { return MillisOf(record) < oldest_ms_; }

  // No part of an entry but the message is long.
  static std::string_view Short(std::string_view text) { return CutAtCharacter(text, kMostShortBytes); }

  void WriteOwn(const ShipRecord& record, bool too_long, JsonWriter& json) {
    json.Key("logmill").BeginObject().Key("id").Text(FormatRecordId(record.id));
    WriteFilled("source", Short(record.source), json);
    WriteFilled("stream", Short(record.stream), json);
    json.Key("format").Text(record.format == RecordFormat::kText ? "text" : record.console ? "console" : "json");
    if (IsTooOld(record)) json.Key("timestamp").Number(MillisOf(record));
    if (record.cut || too_long) json.Key("cut").Bool(true);
    const bool object = record.message_type == Value::Type::kObject;
    if (!too_long && (object || record.message_type == Value::Type::kArray)) {
      json.Key("message");
      bounded_.WriteValue({.kind = object ? JsonKind::kObject : JsonKind::kArray, .raw = record.message}, 1, json);
    }
    json.EndObject();
  }

  void WriteMembers(const ShipRecord& record, JsonWriter& json) {
    JsonValue stack;
    JsonNames names;
    for (const std::string_view name : kOwnNames) names.Add(name);
    JsonMembers members(record.line);
    while (members.Next()) {
      if (IsSaidElsewhere(members.key(), members.value(), record)) continue;
      if (stack.raw.empty() && IsStack(members.key(), members.value())) {
        stack = members.value();
      } else {
        bounded_.WriteMember(Renamed(members.key()), members.value(), names, json);
      }
    }
    if (!stack.raw.empty()) json.Key("error").BeginObject().Key("stack").Text(TextOf(stack, scratch_)).EndObject();
  }

  // Valid until the next call.
  JsonValue Renamed(const JsonValue& key) {
    const bool own = std::ranges::any_of(kOwnNames, [&](std::string_view name) { return key.Means(name); });
    if (!own) return key;
    name_ = std::string(TextOf(key, scratch_)) + "_";
    return {.kind = JsonKind::kString, .raw = name_};
  }

  const DatadogOptions options_;
  const StoreKey key_;
  const std::string tags_;
  BoundedJson bounded_{kLimits};
  std::string name_;
  std::string scratch_;
  size_t last_bytes_ = 0;
  int64_t oldest_ms_ = 0;  // that Datadog takes, of the request at hand
};

}  // namespace

std::string CheckDatadog(const DatadogOptions& options) {
  std::string complaint = StoreKey{options.api_key, options.api_key_file}.Check("API key");
  if (!complaint.empty()) return complaint;
  for (const std::string& tag : options.tags) {
    if (tag.empty() || tag.find(',') != std::string::npos) return "a tag is one word, as in team:photos: it is not empty and has no comma";
  }
  return "";
}

std::unique_ptr<Protocol> MakeDatadog(DatadogOptions options) { return std::make_unique<Datadog>(std::move(options)); }

}  // namespace logmill
