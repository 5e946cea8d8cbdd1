#include "shipping/otlp.h"

#include <algorithm>
#include <string_view>

#include "base/utf8.h"
#include "shipping/http_verdict.h"
#include "shipping/json_writer.h"
#include "shipping/otlp_answer.h"
#include "shipping/otlp_record.h"

namespace logmill {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kUnknownService = "unknown_service";  // what the specification says for it

// The records of one service, by their index.
struct Group {
  std::string_view service;
  std::vector<size_t> records;
};

// https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
bool IsFailure(int status) { return status >= 500 && status <= 599 && status != 502 && status != 503 && status != 504; }

template <typename Members>
void AddAttributes(const Attributes& attributes, Members& members) {
  for (const auto& [name, text] : attributes) {
    members.Add(name, [&](auto& value) { value.Text(text); });
  }
}

class Otlp final : public Protocol {
 public:
  explicit Otlp(OtlpOptions options) : options_(std::move(options)) {}

  ProtocolRequest Encode(std::span<const ShipRecord> batch) override;
  [[nodiscard]] bool Knows(const HttpReply& reply) const override { return IsFailure(reply.status) && !IsOfAnother(reply); }
  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> batch) override;
  ProtocolRequest HealthRequest() override { return Request(options_.json ? "{}" : ""); }
  std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) override;

 private:
  [[nodiscard]] ProtocolRequest Request(std::string body) const;
  void Divide(std::span<const ShipRecord> batch);
  [[nodiscard]] Attributes ResourceOf(std::string_view service) const;
  void WriteProtobuf(const Group& group, std::span<const ShipRecord> batch, protozero::pbf_writer& request);
  void WriteJson(const Group& group, std::span<const ShipRecord> batch, JsonWriter& json);

  const OtlpOptions options_;
  OtlpRecord record_;
  std::vector<Group> groups_;
  size_t most_bytes_ = 0;  // of a body so far
};

ProtocolRequest Otlp::Request(std::string body) const {
  ProtocolRequest request{.path = "/v1/logs"};
  request.headers.push_back({"Content-Type", options_.json ? "application/json" : "application/x-protobuf"});
  request.body = std::move(body);
  return request;
}

ProtocolRequest Otlp::Encode(std::span<const ShipRecord> batch) {
  Divide(batch);
  std::string body;
  body.reserve(most_bytes_);
  if (options_.json) {
    JsonWriter json(body);
    json.BeginObject().Key("resourceLogs").BeginArray();
    for (const Group& group : groups_) WriteJson(group, batch, json);
    json.EndArray().EndObject();
  } else {
    protozero::pbf_writer request(body);
    for (const Group& group : groups_) WriteProtobuf(group, batch, request);
  }
  most_bytes_ = std::max(most_bytes_, body.size());
  return Request(std::move(body));
}

void Otlp::Divide(std::span<const ShipRecord> batch) {
  groups_.clear();
  for (size_t i = 0; i < batch.size(); ++i) {
    const std::string_view service = options_.identity.ServiceOf(batch[i]);
    auto group = std::ranges::find(groups_, service, &Group::service);
    if (group == groups_.end()) group = groups_.insert(group, Group{service, {}});
    group->records.push_back(i);
  }
}

Attributes Otlp::ResourceOf(std::string_view service) const {
  Attributes attributes = options_.resource;
  const auto add = [&](std::string_view name, std::string_view text) {
    const bool given = std::ranges::find(options_.resource, name, &Attributes::value_type::first) != options_.resource.end();
    if (!given && !text.empty()) attributes.emplace_back(name, text);
  };
  add("service.name", service.empty() ? kUnknownService : service);
  add("host.name", options_.identity.host);
  add("deployment.environment.name", options_.identity.environment);
  return attributes;
}

// ResourceLogs {1: Resource {1: attributes}, 2: ScopeLogs {1: scope {1: name, 2: version}, 2: records}}.
void Otlp::WriteProtobuf(const Group& group, std::span<const ShipRecord> batch, protozero::pbf_writer& request) {
  protozero::pbf_writer logs(request, 1);
  {
    protozero::pbf_writer resource(logs, 1);
    otlp::ProtobufMembers attributes(resource, 1);
    AddAttributes(ResourceOf(group.service), attributes);
  }
  protozero::pbf_writer of_scope(logs, 2);
  {
    protozero::pbf_writer scope(of_scope, 1);
    otlp::AddText(scope, 1, "logmill");
    otlp::AddText(scope, 2, options_.identity.version);
  }
  for (const size_t index : group.records) {
    protozero::pbf_writer record(of_scope, 2);
    record_.Write(batch[index], otlp::ProtobufRecord(record));
  }
}

void Otlp::WriteJson(const Group& group, std::span<const ShipRecord> batch, JsonWriter& json) {
  json.BeginObject().Key("resource").BeginObject().Key("attributes").BeginArray();
  otlp::JsonOtlpMembers attributes(json);
  AddAttributes(ResourceOf(group.service), attributes);
  json.EndArray().EndObject().Key("scopeLogs").BeginArray().BeginObject();
  json.Key("scope").BeginObject().Key("name").Text("logmill").Key("version").Text(options_.identity.version).EndObject();
  json.Key("logRecords").BeginArray();
  for (const size_t index : group.records) {
    json.BeginObject();
    record_.Write(batch[index], otlp::JsonOtlpRecord(json));
    json.EndObject();
  }
  json.EndArray().EndObject().EndArray().EndObject();
}

Delivery Otlp::Read(const HttpReply& reply, std::span<const ShipRecord> batch) {
  const bool taken = reply.status >= 200 && reply.status <= 299;
  const std::optional<OtlpAnswer> read = taken ? ReadOtlpAnswer(reply) : OtlpAnswer{.rejected = 0, .words = ReadOtlpStatus(reply)};
  if (!read)
    return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kBroken, .words = "not what OTLP says to a success: " + Describe(reply)};
  const OtlpAnswer& answer = *read;
  Delivery delivery;
  delivery.words = answer.words;
  if (taken && answer.rejected == 0) return delivery;
  delivery.words = "the server answers " + std::to_string(reply.status) + ": " + (answer.words.empty() ? "no words" : answer.words);
  if (IsFailure(reply.status)) {
    return {.kind = Delivery::Kind::kRetry,
            .reason = RetryReason::kServerError,
            .maybe_refused = true,
            .pause = reply.retry_after,
            .words = std::move(delivery.words)};
  }
  if (!taken && reply.status != 400 && reply.status != 413 && reply.status != 422) {
    delivery.kind = Delivery::Kind::kRetry;
    return delivery;
  }
  if (taken && answer.rejected < batch.size()) {  // not to be sent again, says the protocol
    delivery.refused_unnamed = answer.rejected;
    return delivery;
  }
  if (!taken && batch.size() > 1) {
    delivery.kind = Delivery::Kind::kSplit;
    return delivery;
  }
  const std::string reason = answer.words.empty() ? "refused without a word" : answer.words;
  for (size_t i = 0; i < batch.size(); ++i) delivery.refused.push_back({i, reason});
  return delivery;
}

std::expected<std::string, std::string> Otlp::ReadHealth(const HttpReply& reply) {
  const std::string status = std::to_string(reply.status);
  if (reply.status >= 200 && reply.status <= 299) return "the server takes OTLP logs";
  if (reply.status == 400 && !IsOfAnother(reply)) return "the server speaks OTLP";  // nothing but the empty request displeases it
  if (reply.status == 401 || reply.status == 403) return std::unexpected("the server wants other credentials than these (" + status + ")");
  if (reply.status == 404) return std::unexpected("there is no /v1/logs (404): this is no OTLP receiver, or one without logs");
  if (reply.status == 405 || reply.status == 415)
    return std::unexpected("the server does not take OTLP this way (" + status + "): " + ReadOtlpStatus(reply));
  return std::unexpected("the server answers " + status + ": " + ReadOtlpStatus(reply));
}

std::string CheckAttribute(const std::string& name, const std::string& text) {
  if (name.empty()) return "a resource attribute has no name";
  if (FindInvalidUtf8(name) != std::string_view::npos || FindInvalidUtf8(text) != std::string_view::npos)
    return "a resource attribute is no UTF-8";
  return "";
}

}  // namespace

std::string CheckOtlp(const OtlpOptions& options) {
  for (auto attribute = options.resource.begin(); attribute != options.resource.end(); ++attribute) {
    std::string complaint = CheckAttribute(attribute->first, attribute->second);
    if (!complaint.empty()) return complaint;
    const auto before =
        std::find_if(options.resource.begin(), attribute, [&](const auto& other) { return other.first == attribute->first; });
    if (before != attribute) return "there are two resource attributes " + attribute->first;
  }
  return "";
}

std::unique_ptr<Protocol> MakeOtlp(OtlpOptions options) { return std::make_unique<Otlp>(std::move(options)); }

}  // namespace logmill
