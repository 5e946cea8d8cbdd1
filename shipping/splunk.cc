#include "shipping/splunk.h"

#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

#include "shipping/json_members.h"
#include "shipping/json_writer.h"
#include "shipping/store_key.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kNanoseconds = 1'000'000'000;
constexpr int64_t kNanosecondsOfMillisecond = 1'000'000;
constexpr size_t kMostFieldBytes = 128;  // a field is in the index of words: what is longer is only in the event
constexpr size_t kUsualEventBytes = 512;

// Of Splunk's answers: https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector
constexpr int64_t kSuccess = 0;
constexpr int64_t kIncorrectIndex = 7;
constexpr int64_t kChannelMissing = 10;
constexpr int64_t kInvalidChannel = 11;
constexpr int64_t kAcknowledgementOff = 14;
constexpr int64_t kHealthy = 17;
constexpr int64_t kQueueNearlyFull = 24;  // taken all the same
constexpr int64_t kAcksNearlyFull = 25;   // likewise

struct Answer {
  std::string text;
  std::optional<int64_t> code;
  std::optional<int64_t> ack_id;
};

Answer AnswerOf(std::string_view body) {
  Answer answer;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return answer;
  std::string_view text;
  int64_t number = 0;
  if (root["text"].get(text) == simdjson::SUCCESS) answer.text = text;
  if (root["code"].get(number) == simdjson::SUCCESS) answer.code = number;
  if (root["ackId"].get(number) == simdjson::SUCCESS) answer.ack_id = number;
  return answer;
}

// "400: Incorrect index (code 7)"
std::string WordsOf(const HttpReply& reply, const Answer& answer) {
  const std::string status = std::to_string(reply.status) + ": ";
  if (!answer.code) return status + Excerpt(reply.body);
  return status + Excerpt(answer.text) + " (code " + std::to_string(*answer.code) + ")";
}

Delivery Retry(RetryReason reason, std::string words) {
  return {.kind = Delivery::Kind::kRetry, .reason = reason, .words = std::move(words)};
}

// Whether {"acks":{"7":true}} says that `id` is indexed; nothing when the answer is not of this form.
std::optional<bool> IsAcknowledged(std::string_view body, int64_t id) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  bool indexed = false;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  if (root["acks"][std::to_string(id)].get(indexed) != simdjson::SUCCESS) return std::nullopt;
  return indexed;
}

// Seconds with 3 digits, or 9 where they say more.
std::string TimeText(int64_t unix_ns) {
  const int64_t rest = unix_ns % kNanoseconds;
  std::array<char, 48> text;
  const bool whole = rest % kNanosecondsOfMillisecond == 0;
  const int size = std::snprintf(text.data(), text.size(), "%lld.%0*lld", static_cast<long long>(unix_ns / kNanoseconds), whole ? 3 : 9,
                                 static_cast<long long>(whole ? rest / kNanosecondsOfMillisecond : rest));
  return {text.data(), static_cast<size_t>(size)};
}

// The same for the same host, so that a restart goes on in its channel. Version 8 of RFC 9562: made as its maker likes.
std::string MakeChannel(const SplunkOptions& options) {
  const std::string seed = options.identity.host + '\n' + options.identity.service + '\n' + options.index;
  const XXH128_hash_t hash = XXH3_128bits(seed.data(), seed.size());
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%08x-%04x-8%03x-%04x-%012llx", static_cast<unsigned>(hash.high64 >> 32),
                static_cast<unsigned>((hash.high64 >> 16) & 0xFFFF), static_cast<unsigned>(hash.high64 & 0xFFF),
                static_cast<unsigned>((hash.low64 >> 48 & 0x3FFF) | 0x8000), static_cast<unsigned long long>(hash.low64 & 0xFFFFFFFFFFFF));
  return text.data();
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !digit) return false;
  }
  return true;
}

class Splunk final : public Protocol {
 public:
  explicit Splunk(SplunkOptions options)
      : options_(std::move(options)),
        key_{options_.token, options_.token_file},
        channel_(options_.channel.empty() ? MakeChannel(options_) : options_.channel) {}

  ProtocolRequest Encode(std::span<const ShipRecord> batch) override {
    ProtocolRequest request = NewRequest("/services/collector/event");
    request.body.reserve(std::max(last_bytes_, batch.size() * kUsualEventBytes));
    for (const ShipRecord& record : batch) WriteEvent(record, request.body);
    last_bytes_ = request.body.size();
    return request;
  }

  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> /*batch*/) override {
    const Answer answer = AnswerOf(reply.body);
    if (reply.status >= 200 && reply.status < 300) return ReadSuccess(reply, answer);
    if (reply.status == 413) return {.kind = Delivery::Kind::kSplit, .words = WordsOf(reply, answer)};
    if (reply.status != 400) return Retry(RetryReason::kOther, WordsOf(reply, answer));
    const bool settings = answer.code == kIncorrectIndex || answer.code == kChannelMissing || answer.code == kInvalidChannel;
    if (settings) return Retry(RetryReason::kDenied, WordsOf(reply, answer));
    return {.kind = Delivery::Kind::kSplit, .words = WordsOf(reply, answer)};
  }

  Delivery Confirm(const HttpReply& reply, std::span<const ShipRecord> /*batch*/, const Send& send) override {
    const std::optional<int64_t> id = AnswerOf(reply.body).ack_id;
    if (!options_.acknowledge || !id) return {};
    const auto deadline = std::chrono::steady_clock::now() + options_.acknowledge_timeout;
    do {
      const auto answer = send(AskFor(*id));
      if (!answer) return Classify(answer.error());
      const std::optional<bool> indexed = answer->status == 200 ? IsAcknowledged(answer->body, *id) : std::nullopt;
      if (!indexed) return ReadRefusedAsk(*answer);
      if (*indexed) return {};
    } while (std::chrono::steady_clock::now() < deadline);
    return Retry(RetryReason::kTimeout, "not acknowledged in time: sent again, so it may be there twice");
  }

  ProtocolRequest HealthRequest() override {
    ProtocolRequest request = NewRequest("/services/collector/health");
    request.method = "GET";
    return request;
  }

  std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) override {
    const Answer answer = AnswerOf(reply.body);
    if (reply.status == 200 && (answer.code == kHealthy || answer.code == kSuccess)) return "Splunk: " + Excerpt(answer.text);
    if (reply.status == 200) return std::unexpected("what answers is no HTTP Event Collector: " + Excerpt(reply.body));
    return std::unexpected(WordsOf(reply, answer));
  }

 private:
  ProtocolRequest NewRequest(std::string path) const {
    ProtocolRequest request{.path = std::move(path)};
    request.headers = {{"Content-Type", "application/json"}, {"X-Splunk-Request-Channel", channel_}};
    const auto token = key_.Read();
    if (token) {
      request.headers.push_back({"Authorization", "Splunk " + *token});
    } else {
      request.error = "no token: " + token.error();
    }
    return request;
  }

  ProtocolRequest AskFor(int64_t id) const {
    ProtocolRequest request = NewRequest("/services/collector/ack?channel=" + channel_);
    request.body = "{\"acks\":[" + std::to_string(id) + "]}";
    request.delay = options_.acknowledge_interval;
    return request;
  }

  Delivery ReadSuccess(const HttpReply& reply, const Answer& answer) const {
    if (answer.code == kQueueNearlyFull || answer.code == kAcksNearlyFull) return {.words = WordsOf(reply, answer)};
    if (answer.code != kSuccess) return Retry(RetryReason::kBroken, "not what Splunk says when it takes events: " + WordsOf(reply, answer));
    if (options_.acknowledge && !answer.ack_id) return {.words = "acknowledgement is not on for this token: taken at its word"};
    return {};
  }

  static Delivery ReadRefusedAsk(const HttpReply& reply) {
    const Answer answer = AnswerOf(reply.body);
    if (answer.code == kAcknowledgementOff) return {};
    Delivery delivery = Classify(reply, "").value_or(Retry(RetryReason::kBroken, ""));
    delivery.words = "asked whether the events are indexed: " + WordsOf(reply, answer);
    return delivery;
  }

  void WriteEvent(const ShipRecord& record, std::string& out) const {
    JsonWriter json(out);
    json.BeginObject().Key("time").Raw(TimeText(record.time_ns < 0 ? record.read_ms * kNanosecondsOfMillisecond : record.time_ns));
    WriteFilled("host", options_.identity.host, json);
    WriteFilled("source", record.stream.empty() ? record.source : record.stream, json);
    WriteFilled("sourcetype", options_.sourcetype, json);
    WriteFilled("index", options_.index, json);
    json.Key("event");
    if (record.is_json_object()) {
      json.Raw(record.line);
    } else {
      WriteParts(record, json);
    }
    WriteFields(record, json);
    json.EndObject();
    out += '\n';
  }

  static void WriteParts(const ShipRecord& record, JsonWriter& json) {
    json.BeginObject();
    WriteFilled("level", record.level, json);
    if (record.pid) json.Key("pid").Number(*record.pid);
    WriteFilled("context", record.context, json);
    json.Key("message").Text(record.message).EndObject();
  }

  // Texts only: https://docs.splunk.com/Documentation/Splunk/latest/Data/IFXandHEC
  void WriteFields(const ShipRecord& record, JsonWriter& json) const {
    json.Key("fields").BeginObject().Key("logmill_id").Text(FormatRecordId(record.id));
    WriteShort("level", record.level, json);
    WriteShort("context", record.context, json);
    WriteShort("service", options_.identity.ServiceOf(record), json);
    WriteShort("environment", options_.identity.environment, json);
    WriteShort("logmill_source", record.source, json);
    if (record.cut) json.Key("logmill_cut").Text("true");
    json.EndObject();
  }

  static void WriteFilled(std::string_view key, std::string_view text, JsonWriter& json) {
    if (!text.empty()) json.Key(key).Text(text);
  }

  static void WriteShort(std::string_view key, std::string_view text, JsonWriter& json) {
    if (text.size() <= kMostFieldBytes) WriteFilled(key, text, json);
  }

  const SplunkOptions options_;
  const StoreKey key_;
  const std::string channel_;
  size_t last_bytes_ = 0;
};

}  // namespace

std::string CheckSplunk(const SplunkOptions& options) {
  const std::string complaint = StoreKey{options.token, options.token_file}.Check("token");
  if (!complaint.empty()) return complaint;
  if (!options.channel.empty() && !IsUuid(options.channel)) return "the channel has to be a UUID";
  if (options.acknowledge_timeout.count() < 0 || options.acknowledge_interval.count() < 0) return "a time cannot be negative";
  return "";
}

std::unique_ptr<Protocol> MakeSplunk(SplunkOptions options) { return std::make_unique<Splunk>(std::move(options)); }

}  // namespace logmill
