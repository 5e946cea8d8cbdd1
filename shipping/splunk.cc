#include "shipping/splunk.h"

#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

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
// The first question comes so soon, each one after it twice as late as the one before, up to acknowledge_interval.
constexpr milliseconds kFirstQuestion{50};
// Requests in search of events that are refused, in one Deliver(): then it is the next one's turn.
constexpr size_t kMostSearches = 64;

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
  std::optional<uint64_t> event;  // that is not wanted, of the request
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
  if (uint64_t event = 0; root["invalid-event-number"].get(event) == simdjson::SUCCESS) answer.event = event;
  return answer;
}

// "400: Incorrect index (code 7)"
std::string WordsOf(const HttpReply& reply, const Answer& answer) {
  if (!answer.code) return Describe(reply);
  return std::to_string(reply.status) + ": " + Excerpt(answer.text) + " (code " + std::to_string(*answer.code) + ")";
}

Delivery Retry(RetryReason reason, std::string words) {
  return {.kind = Delivery::Kind::kRetry, .reason = reason, .words = std::move(words)};
}

// Events of a batch that are one request, from `begin` to before `end`.
struct Part {
  size_t begin;
  size_t end;
  int64_t ack_id = 0;      // once it is taken
  bool said_good = false;  // the event that was named stood behind it
  [[nodiscard]] size_t size() const { return end - begin; }
};

// Removes from `parts` what {"acks":{"7":true}} says is indexed. False when the answer is not of this form, for each of them.
bool Acknowledge(std::string_view body, std::vector<Part>& parts) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object acks;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return false;
  if (root["acks"].get(acks) != simdjson::SUCCESS) return false;
  bool whole = true;
  std::erase_if(parts, [&](const Part& part) {
    bool indexed = false;
    whole &= acks[std::to_string(part.ack_id)].get(indexed) == simdjson::SUCCESS;
    return indexed;
  });
  return whole;
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
    open_.assign(1, {.begin = 0, .end = batch.size()});
    waiting_.clear();
    outcome_ = {};
    searches_ = 0;
    return EncodeFirst(batch);
  }

  // A batch of one request that is not wanted as it is, and no event is named, is split by who asked.
  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> /*batch*/) override {
    const Answer answer = AnswerOf(reply.body);
    const bool alone = open_.size() == 1 && (!answer.event || open_.front().size() == 1);
    Delivery delivery = Judge(reply);
    if (delivery.kind == Delivery::Kind::kTaken) Keep(answer);
    if (delivery.kind != Delivery::Kind::kSplit || alone) return delivery;
    Cut(delivery.words, answer.event);
    return {};
  }

  Delivery Confirm(const HttpReply& /*reply*/, std::span<const ShipRecord> batch, const Send& send) override {
    while (!open_.empty() && SendFirst(batch, send)) continue;
    WaitForIndexer(send);
    std::ranges::sort(outcome_.refused, {}, &Delivery::Refused::index);
    std::ranges::sort(outcome_.again);
    if (outcome_.again.size() == batch.size()) {
      outcome_.kind = Delivery::Kind::kRetry;
      outcome_.again.clear();
    }
    return std::move(outcome_);
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
  // As much of the first part as one request holds; the rest of it becomes a part of its own.
  ProtocolRequest EncodeFirst(std::span<const ShipRecord> batch) {
    Part& first = open_.front();
    ProtocolRequest request = NewRequest("/services/collector/event");
    request.body.reserve(std::max(last_bytes_, std::min(first.end - first.begin, options_.request_records) * kUsualEventBytes));
    size_t next = first.begin;
    while (next < first.end && next - first.begin < options_.request_records && request.body.size() < options_.request_bytes) {
      WriteEvent(batch[next++], request.body);
    }
    last_bytes_ = request.body.size();
    const Part rest{.begin = next, .end = std::exchange(first.end, next)};
    if (rest.begin < rest.end) open_.insert(open_.begin() + 1, rest);
    return request;
  }

  Delivery Judge(const HttpReply& reply) const {
    const Answer answer = AnswerOf(reply.body);
    if (reply.status >= 200 && reply.status < 300) return ReadSuccess(reply, answer);
    if (reply.status == 413) return {.kind = Delivery::Kind::kSplit, .words = WordsOf(reply, answer)};
    if (reply.status != 400) return Retry(RetryReason::kOther, WordsOf(reply, answer));
    if (!answer.code) return Retry(RetryReason::kBroken, "not what Splunk says: " + WordsOf(reply, answer));
    const bool settings = answer.code == kIncorrectIndex || answer.code == kChannelMissing || answer.code == kInvalidChannel;
    if (settings) return Retry(RetryReason::kDenied, WordsOf(reply, answer));
    return {.kind = Delivery::Kind::kSplit, .words = WordsOf(reply, answer)};
  }

  // The first part was taken.
  void Keep(const Answer& answer) {
    if (options_.acknowledge && answer.ack_id) {
      waiting_.push_back(open_.front());
      waiting_.back().ack_id = *answer.ack_id;
    }
    open_.pop_front();
  }

  // The first part is too long, or something in it is not wanted: the event of this number, if it is right.
  void Cut(const std::string& words, std::optional<uint64_t> event) {
    ++searches_;
    const Part first = open_.front();
    open_.pop_front();
    if (first.size() == 1) {
      outcome_.refused.push_back({first.begin, words});
    } else if (event && *event < first.size() && !first.said_good) {
      const size_t at = first.begin + *event;
      Open({.begin = at + 1, .end = first.end});
      Open({.begin = at, .end = at + 1});
      Open({.begin = first.begin, .end = at, .said_good = true});
    } else {
      const size_t middle = first.begin + first.size() / 2;
      Open({.begin = middle, .end = first.end});
      Open({.begin = first.begin, .end = middle});
    }
  }

  // In front of the others.
  void Open(const Part& part) {
    if (part.size() > 0) open_.push_front(part);
  }

  // False when that is all for now.
  bool SendFirst(std::span<const ShipRecord> batch, const Send& send) {
    if (searches_ > kMostSearches) {
      Postpone(open_, {.reason = RetryReason::kPartial, .words = "Splunk refuses so many events that finding them takes longer"});
      return false;
    }
    const auto reply = send(EncodeFirst(batch));
    const std::optional<Delivery> known = reply ? Classify(*reply, "") : Classify(reply.error());
    Delivery delivery = known ? *known : Judge(*reply);
    const Answer answer = reply ? AnswerOf(reply->body) : Answer();
    if (known && reply) delivery.words = WordsOf(*reply, answer);
    if (delivery.kind == Delivery::Kind::kTaken) Keep(answer);
    if (delivery.kind == Delivery::Kind::kSplit) Cut(delivery.words, answer.event);
    if (delivery.kind == Delivery::Kind::kRetry) Postpone(open_, delivery);
    return delivery.kind != Delivery::Kind::kRetry;
  }

  void WaitForIndexer(const Send& send) {
    const auto deadline = std::chrono::steady_clock::now() + options_.acknowledge_timeout;
    for (milliseconds delay = std::min(kFirstQuestion, options_.acknowledge_interval); !waiting_.empty();
         delay = std::min(delay * 2, options_.acknowledge_interval)) {
      const auto answer = send(AskForAll(delay));
      if (!answer) return Postpone(waiting_, Classify(answer.error()));
      if (answer->status != 200 || !Acknowledge(answer->body, waiting_)) {
        if (AnswerOf(answer->body).code == kAcknowledgementOff) return waiting_.clear();
        return Postpone(waiting_, ReadRefusedQuestion(*answer));
      }
      if (std::chrono::steady_clock::now() >= deadline) {
        return Postpone(waiting_, Retry(RetryReason::kTimeout, "not acknowledged in time: sent again, so it may be there twice"));
      }
    }
  }

  template <typename Parts>
  void Postpone(Parts& parts, const Delivery& delivery) {
    for (const Part& part : parts) {
      for (size_t index = part.begin; index < part.end; ++index) outcome_.again.push_back(index);
    }
    if (parts.empty()) return;
    parts.clear();
    outcome_.reason = delivery.reason;
    outcome_.pause = std::max(outcome_.pause, delivery.pause);
    outcome_.words += (outcome_.words.empty() ? "" : "; ") + delivery.words;
  }

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

  ProtocolRequest AskForAll(milliseconds delay) const {
    ProtocolRequest request = NewRequest("/services/collector/ack?channel=" + channel_);
    for (const Part& part : waiting_) request.body += (request.body.empty() ? "{\"acks\":[" : ",") + std::to_string(part.ack_id);
    request.body += "]}";
    request.delay = delay;
    return request;
  }

  Delivery ReadSuccess(const HttpReply& reply, const Answer& answer) const {
    if (answer.code == kQueueNearlyFull || answer.code == kAcksNearlyFull) return {.words = WordsOf(reply, answer)};
    if (answer.code != kSuccess) return Retry(RetryReason::kBroken, "not what Splunk says when it takes events: " + WordsOf(reply, answer));
    if (options_.acknowledge && !answer.ack_id) return {.words = "acknowledgement is not on for this token: taken at its word"};
    return {};
  }

  static Delivery ReadRefusedQuestion(const HttpReply& reply) {
    const Answer answer = AnswerOf(reply.body);
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
  // Of the batch at hand.
  std::deque<Part> open_;      // to be sent
  std::vector<Part> waiting_;  // for their acknowledgement
  Delivery outcome_;
  size_t searches_ = 0;
};

}  // namespace

std::string CheckSplunk(const SplunkOptions& options) {
  std::string complaint = StoreKey{options.token, options.token_file}.Check("token");
  if (!complaint.empty()) return complaint;
  if (!options.channel.empty() && !IsUuid(options.channel)) return "the channel has to be a UUID";
  if (options.request_records == 0 || options.request_bytes == 0) return "a request without events would be none";
  if (options.acknowledge_timeout.count() < 0 || options.acknowledge_interval.count() < 0) return "a time cannot be negative";
  return "";
}

std::unique_ptr<Protocol> MakeSplunk(SplunkOptions options) { return std::make_unique<Splunk>(std::move(options)); }

}  // namespace logmill
