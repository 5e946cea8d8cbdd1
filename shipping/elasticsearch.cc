#include "shipping/elasticsearch.h"

#include <simdjson.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "shipping/bulk_answer.h"
#include "shipping/ecs_document.h"

namespace logmill {
namespace {

constexpr size_t kMostNameBytes = 255;
constexpr size_t kUsualDocumentBytes = 768;
// Of the answer, only what is read: it is a third as long.
constexpr std::string_view kFilter =
    "filter_path=errors,items.*._id,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c)) {
      out += c;
    } else {
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return out;
}

std::string TextAt(const simdjson::dom::element& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

// {"name":"node-1","cluster_name":"logs","version":{"distribution":"opensearch","number":"2.19.1",...},...}
std::expected<std::string, std::string> ReadGreeting(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element version;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || root["version"].get(version) != simdjson::SUCCESS) {
    return std::unexpected("what answers is neither Elasticsearch nor OpenSearch: " + Excerpt(body));
  }
  const std::string name = TextAt(version, "distribution") == "opensearch" ? "OpenSearch " : "Elasticsearch ";
  const std::string cluster = TextAt(root, "cluster_name");
  return Excerpt(name + TextAt(version, "number") + (cluster.empty() ? "" : ", cluster " + cluster));
}

class Elasticsearch final : public Protocol {
 public:
  explicit Elasticsearch(ElasticsearchOptions options)
      : path_("/" + options.data_stream + "/_bulk?" + std::string(kFilter) +
              (options.pipeline.empty() ? "" : "&pipeline=" + PercentEncode(options.pipeline))),
        document_(options.data_stream, std::move(options.identity)) {}

  ProtocolRequest Encode(std::span<const ShipRecord> batch) override {
    ProtocolRequest request{.path = path_, .headers = {{"Content-Type", "application/x-ndjson"}, {"Accept", "application/json"}}};
    request.body.reserve(std::max(last_bytes_, batch.size() * kUsualDocumentBytes));
    for (const ShipRecord& record : batch) {
      request.body.append(R"({"create":{"_id":")").append(FormatRecordId(record.id)).append("\"}}\n");
      document_.Append(record, request.body);
      request.body += '\n';
    }
    last_bytes_ = request.body.size();
    return request;
  }

  Delivery Read(const HttpReply& reply, std::span<const ShipRecord> batch) override {
    if (reply.status == 200) return answer_.Read(reply.body, batch);
    if (reply.status == 400) return answer_.ReadError(reply.status, reply.body);
    std::string words = Describe(reply);
    if (reply.status == 413) return {.kind = Delivery::Kind::kSplit, .words = std::move(words)};
    const RetryReason reason = reply.status < 300 ? RetryReason::kBroken : RetryReason::kOther;
    return {.kind = Delivery::Kind::kRetry, .reason = reason, .words = std::move(words)};
  }

  ProtocolRequest HealthRequest() override { return {.method = "GET", .path = "/", .headers = {{"Accept", "application/json"}}}; }

  std::expected<std::string, std::string> ReadHealth(const HttpReply& reply) override {
    if (reply.status == 200) return ReadGreeting(reply.body);
    // A user who may write logs need not be allowed to ask for the version.
    if (reply.status == 403) return "it answers, but says nothing of itself to this user (403)";
    if (reply.status == 401) return std::unexpected("it does not accept the credentials, or wants some (401): " + Excerpt(reply.body));
    return std::unexpected(std::to_string(reply.status) + ": " + Excerpt(reply.body));
  }

 private:
  const std::string path_;
  EcsDocument document_;
  BulkAnswer answer_;
  size_t last_bytes_ = 0;  // of the last body
};

}  // namespace

// The rules for names of indices: https://www.elastic.co/guide/en/elasticsearch/reference/current/indices-create-data-stream.html
std::string CheckElasticsearch(const ElasticsearchOptions& options) {
  const std::string& name = options.data_stream;
  if (name.empty()) return "the data stream has no name";
  if (name.size() > kMostNameBytes) return "the data stream's name is longer than 255 bytes";
  if (std::string_view("-_+.").find(name[0]) != std::string_view::npos) return "the data stream's name cannot begin with - _ + or .";
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') return "the data stream's name has capitals: it has to be in lower case";
    if (static_cast<unsigned char>(c) <= ' ' || std::string_view("\\/*?\"<>|,#:%&\x7F").find(c) != std::string_view::npos) {
      return "the data stream's name has a character that cannot be in one: blanks and \\ / * ? \" < > | , # : cannot";
    }
  }
  const bool control =
      std::any_of(options.pipeline.begin(), options.pipeline.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return control ? "the pipeline's name has control characters" : "";
}

std::unique_ptr<Protocol> MakeElasticsearch(ElasticsearchOptions options) { return std::make_unique<Elasticsearch>(std::move(options)); }

}  // namespace logmill
