#include "daemon/destination_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "daemon/source_config.h"
#include "net/http_url.h"
#include "rules/wording.h"
#include "shipping/datadog.h"
#include "shipping/elasticsearch.h"
#include "shipping/file_destination.h"
#include "shipping/http_destination.h"
#include "shipping/loki.h"
#include "shipping/otlp.h"
#include "shipping/splunk.h"
#include "shipping/stream_destination.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kMostBatchRecords = 100'000;
constexpr int64_t kMostBatchBytes = int64_t{64} << 20;
constexpr size_t kWindowRequests = 32;
constexpr size_t kMostWindowBytes = size_t{64} << 20;
constexpr int64_t kMostMillis = 3'600'000;
constexpr int64_t kMostHours = int64_t{24} * 365 * 10;
constexpr int64_t kMostBytes = int64_t{1} << 50;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// One entry while it is read.
class DestinationReader {
 public:
  DestinationReader(const YamlValue& value, const DestinationContext& context) : value_(value), map_(value), context_(context) {}

  DestinationConfig Read() {
    config_.shipper = context_.defaults;
    const std::string_view kind = FindKind();
    if (kind.empty()) return std::move(config_);
    config_.shipper.name = map_.Text("name", std::string(kind));
    CheckName();
    ReadShipper();
    std::ranges::find(kKinds, kind, &Kind::key)->read(*this);
    map_.Done();
    return std::move(config_);
  }

 private:
  struct Kind {
    std::string_view key;
    void (*read)(DestinationReader&);
  };
  static const std::array<Kind, 7> kKinds;

  std::string_view FindKind() {
    std::vector<std::string_view> found;
    for (const Kind& kind : kKinds) {
      auto where = map_.Find(kind.key);
      if (!where) continue;
      found.push_back(kind.key);
      where_ = std::move(where);
    }
    if (found.size() == 1) return found[0];
    if (map_.ok() && found.empty())
      value_.Error("which destination? One of loki, elasticsearch, splunk, datadog, otlp, file, stdout would be right");
    if (found.size() > 1) value_.Error("both " + Quote(found[0]) + " and " + Quote(found[1]) + "; give each an entry of its own");
    return {};
  }

  // It is a file's name, and a label value.
  void CheckName() {
    const std::string& name = config_.shipper.name;
    const auto good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    if (!name.empty() && name.size() <= 64 && std::ranges::all_of(name, good)) return;
    value_.Error("name: " + Quote(name) + " cannot be a destination's name; letters, digits, _ and -, at most 64, would be right");
  }

  milliseconds Millis(std::string_view key, milliseconds fallback, int64_t least) {
    return milliseconds(map_.Int(key, fallback.count(), least, kMostMillis));
  }

  void ReadShipper() {
    ShipperOptions& shipper = config_.shipper;
    shipper.filter = ReadShipFilters(map_);
    shipper.batch_records =
        static_cast<size_t>(map_.Int("batch_records", static_cast<int64_t>(shipper.batch_records), 1, kMostBatchRecords));
    shipper.batch_bytes = static_cast<size_t>(map_.Int("batch_bytes", static_cast<int64_t>(shipper.batch_bytes), 1024, kMostBatchBytes));
    shipper.batch_wait = Millis("batch_wait_ms", shipper.batch_wait, 0);
    shipper.max_pause = Millis("max_pause_ms", shipper.max_pause, 10);
    shipper.first_pause = std::min(shipper.first_pause, shipper.max_pause);
    shipper.stop_patience = Millis("stop_patience_ms", shipper.stop_patience, 0);
    shipper.max_backlog_bytes =
        static_cast<uint64_t>(map_.Int("max_backlog_bytes", static_cast<int64_t>(shipper.max_backlog_bytes), 1 << 20, kMostBytes));
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(shipper.max_age).count();
    shipper.max_age = std::chrono::hours(map_.Int("max_age_hours", hours, 0, kMostHours));
    shipper.when_full = ReadWhenFull(map_, shipper.when_full);
  }

  Pairs ReadPairs(std::string_view key, Pairs fallback) {
    const auto value = map_.Find(key);
    if (!value) return fallback;
    Pairs pairs;
    YamlMap map(*value);
    for (const auto& [name, text] : map.Entries()) pairs.emplace_back(name.node().text, text.Text().value_or(""));
    return pairs;
  }

  // `path`: what the protocol adds.
  std::string Url(const YamlValue& item, std::string_view path) {
    const auto text = item.NonEmptyText();
    if (!text) return "";
    std::string url = *text;
    while (url.ends_with('/')) url.pop_back();
    if (const std::string wrong = HttpDestination::CheckUrl(url); !wrong.empty()) item.Error(wrong);
    if (url.find('@') != std::string::npos)
      item.Error("a user and password do not stand in a URL here; give `username` and `password_file`");
    if (url.ends_with(path)) {
      const std::string server = DescribeUrl(url.substr(0, url.size() - path.size()));
      item.Error("Logmill adds " + std::string(path) + " itself; " + server + " would be right");
    }
    return url;
  }

  // Everything that all kinds over HTTP have.
  HttpDestinationOptions ReadHttp(std::string_view path) {
    HttpDestinationOptions http;
    for (const YamlValue& item : where_->OneOrMore()) http.urls.push_back(Url(item, path));
    if (http.urls.empty()) where_->Error("expected a URL, or a list of them");
    ReadSecretiveClient(map_, context_.resolve, context_.environment, http.client);
    for (auto& [name, text] : ReadPairs("headers", {})) http.headers.push_back({name, text});
    http.timeout = Millis("timeout_ms", http.timeout, 100);
    static const std::vector<std::string_view> kCodings{"gzip", "none"};
    if (const auto value = map_.Find("compression")) {
      const std::string text = value->Text().value_or("gzip");
      if (std::ranges::find(kCodings, text) == kCodings.end()) ReportUnknownWord(*value, text, kCodings, "compression");
      http.coding = text == "none" ? BodyCoding::kNone : BodyCoding::kGzip;
    }
    for (const std::string& url : http.urls) config_.where += (config_.where.empty() ? "" : ", ") + url;
    return http;
  }

  // With everything read: mistakes in it, and how it is made.
  template <typename Options>
  void Finish(HttpDestinationOptions http, Options options, std::string (*check)(const Options&),
              std::unique_ptr<Protocol> (*make)(Options)) {
    if (const std::string wrong = HttpDestination::CheckOptions(http); !wrong.empty()) value_.Error(wrong);
    if (const std::string wrong = check(options); !wrong.empty()) value_.Error(wrong);
    config_.make = [http = std::move(http), options = std::move(options), make] {
      return std::make_unique<HttpDestination>(http, make(options));
    };
  }

  // A secret that is the server's own kind of token.
  void ReadToken(const SecretKeys& keys, std::string_view scheme, HttpCredentials& credentials) {
    SecretSource secret = ReadSecret(map_, keys, context_.resolve, context_.environment);
    if (!secret.given()) return;
    credentials.scheme = scheme;
    credentials.bearer_token = std::move(secret.text);
    credentials.bearer_token_file = std::move(secret.file);
  }

  void ReadLoki() {
    HttpDestinationOptions http = ReadHttp("/loki/api/v1/push");
    LokiOptions options;
    options.tenant = map_.Text("tenant", "");
    options.labels = ReadPairs("labels", std::move(options.labels));
    options.structured_metadata = map_.Bool("structured_metadata", options.structured_metadata);
    options.json = map_.Bool("json", options.json);
    options.max_streams = static_cast<size_t>(map_.Int("max_streams", static_cast<int64_t>(options.max_streams), 1, 1'000'000));
    options.identity = context_.identity;
    Finish(std::move(http), std::move(options), CheckLoki, MakeLoki);
  }

  void ReadElasticsearch() {
    HttpDestinationOptions http = ReadHttp("/_bulk");
    ReadToken({"api_key", "api_key_file", "api_key_env"}, "ApiKey", http.client.credentials);
    ElasticsearchOptions options;
    options.data_stream = map_.Text("data_stream", options.data_stream);
    options.pipeline = map_.Text("pipeline", "");
    options.identity = context_.identity;
    Finish(std::move(http), std::move(options), CheckElasticsearch, MakeElasticsearch);
  }

  void ReadSplunk() {
    HttpDestinationOptions http = ReadHttp("/services/collector/event");
    SecretSource token = ReadSecret(map_, {"token", "token_file", "token_env"}, context_.resolve, context_.environment);
    SplunkOptions options;
    options.token = std::move(token.text);
    options.token_file = std::move(token.file);
    options.index = map_.Text("index", "");
    options.sourcetype = map_.Text("sourcetype", options.sourcetype);
    options.acknowledge = map_.Bool("acknowledge", options.acknowledge);
    if (options.acknowledge) OpenWindow(options);
    options.acknowledge_timeout = Millis("acknowledge_timeout_ms", options.acknowledge_timeout, 1'000);
    options.channel = map_.Text("channel", "");
    options.identity = context_.identity;
    Finish(std::move(http), std::move(options), CheckSplunk, MakeSplunk);
  }

  // What may wait for its acknowledgement together: so many requests, as they are configured.
  void OpenWindow(SplunkOptions& options) {
    ShipperOptions& shipper = config_.shipper;
    options.request_records = shipper.batch_records;
    options.request_bytes = shipper.batch_bytes;
    shipper.batch_records *= kWindowRequests;
    shipper.batch_bytes = std::max(shipper.batch_bytes, std::min(shipper.batch_bytes * kWindowRequests, kMostWindowBytes));
  }

  void ReadDatadog() {
    HttpDestinationOptions http = ReadHttp("/api/v2/logs");
    SecretSource key = ReadSecret(map_, {"api_key", "api_key_file", "api_key_env"}, context_.resolve, context_.environment);
    DatadogOptions options;
    options.api_key = std::move(key.text);
    options.api_key_file = std::move(key.file);
    options.tags = map_.Texts("tags");
    options.ddsource = map_.Text("ddsource", options.ddsource);
    options.identity = context_.identity;
    Finish(std::move(http), std::move(options), CheckDatadog, MakeDatadog);
  }

  void ReadOtlp() {
    HttpDestinationOptions http = ReadHttp("/v1/logs");
    OtlpOptions options;
    options.json = map_.Bool("json", options.json);
    options.resource = ReadPairs("resource", {});
    options.identity = context_.identity;
    Finish(std::move(http), std::move(options), CheckOtlp, MakeOtlp);
  }

  void ReadFile() {
    FileDestinationOptions options;
    const auto path = where_->NonEmptyText();
    options.path = path ? context_.resolve(*path) : "";
    options.max_bytes = static_cast<uint64_t>(map_.Int("max_bytes", static_cast<int64_t>(options.max_bytes), 0, kMostBytes));
    options.keep = static_cast<unsigned>(map_.Int("keep", options.keep, 0, 1000));
    options.raw = map_.Bool("raw", options.raw);
    options.identity = context_.identity;
    config_.where = options.path;
    config_.file = options.path;
    config_.make = [options] { return MakeFileDestination(options); };
  }

  void ReadStdout() {
    static const std::vector<std::string_view> kForms{"json", "raw"};
    const std::string form = where_->Text().value_or("json");
    if (std::ranges::find(kForms, form) == kForms.end()) ReportUnknownWord(*where_, form, kForms, "form");
    config_.where = "standard output";
    config_.standard_output = true;
    config_.make = [raw = form == "raw", identity = context_.identity] { return MakeStreamDestination(STDOUT_FILENO, raw, identity); };
  }

  const YamlValue& value_;
  YamlMap map_;
  std::optional<YamlValue> where_;  // the value of the kind's key
  const DestinationContext& context_;
  DestinationConfig config_;
};

const std::array<DestinationReader::Kind, 7> DestinationReader::kKinds{{
    {"loki", [](DestinationReader& reader) { reader.ReadLoki(); }},
    {"elasticsearch", [](DestinationReader& reader) { reader.ReadElasticsearch(); }},
    {"splunk", [](DestinationReader& reader) { reader.ReadSplunk(); }},
    {"datadog", [](DestinationReader& reader) { reader.ReadDatadog(); }},
    {"otlp", [](DestinationReader& reader) { reader.ReadOtlp(); }},
    {"file", [](DestinationReader& reader) { reader.ReadFile(); }},
    {"stdout", [](DestinationReader& reader) { reader.ReadStdout(); }},
}};

}  // namespace

DestinationConfig ReadDestination(const YamlValue& value, const DestinationContext& context) {
  return DestinationReader(value, context).Read();
}

}  // namespace logmill
