#include "shipping/elasticsearch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "shipping/ecs_document.h"
#include "tests/shipping/line_records.h"
#include "tests/shipping/random_json.h"

namespace logmill {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const ShipIdentity kIdentity{.service = "gallery-api", .host = "photos", .environment = "production", .version = "1.0.0"};

std::string DocumentOf(const ShipRecord& record, const ShipIdentity& identity = kIdentity, std::string_view stream = "logs-gallery-home") {
  std::string out;
  EcsDocument(stream, identity).Append(record, out);
  return out;
}

// What is the same in all documents.
constexpr std::string_view kTail =
    R"("ecs":{"version":"8.11.0"},"agent":{"type":"logmill","version":"1.0.0"},"host":{"name":"photos"},)"
    R"("data_stream":{"type":"logs","dataset":"gallery","namespace":"home"},"event":{"created":"2026-11-22T09:22:20.000Z","dataset":"gallery"}})";
constexpr std::string_view kService = R"("service":{"name":"gallery-api","environment":"production"},)";
constexpr std::string_view kOwnJson = R"("logmill":{"source":"gallery","stream":"/var/log/gallery/api.log","format":"json"},)";

std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

TEST(EcsDocumentTest, SaysAPlainLine) {
  LineRecords lines;
  EXPECT_EQ(
      DocumentOf(lines.Add(gallery_lines::kPlain)),
      Joined({R"({"@timestamp":"2026-11-22T09:22:07.773Z","message":"Initialized websocket server",)",
              R"("log":{"level":"log","logger":"WebsocketRepository","file":{"path":"/var/log/gallery/api.log"}},"process":{"pid":11},)",
              kService, kOwnJson, kTail}));
}

TEST(EcsDocumentTest, TakesJobDataAndStack) {
  LineRecords lines;
  EXPECT_EQ(
      DocumentOf(lines.Add(gallery_lines::kJobData)),
      Joined(
          {R"({"@timestamp":"2026-11-22T09:22:17.330Z",)",
           R"("message":"Unable to run job handler (Ocr): Error: Machine learning request '{\"ocr\":{}}' failed for all URLs",)",
           R"("log":{"level":"error","logger":"{\"source\":\"upload\",\"id\":\"521a95cc-a94f-45be-b953-9c1528de9dd9\"}",)",
           R"("file":{"path":"/var/log/gallery/api.log"}},"process":{"pid":11},)", kService, kOwnJson,
           R"("error":{"stack_trace":"Error: failed\n    at MachineLearningRepository.predict (/usr/src/app/server/dist/x.js:119:15)\n    at async run"},)",
           kTail}));
}

TEST(EcsDocumentTest, KeepsMessagesThatAreNoTextApart) {
  LineRecords lines;
  const std::string object = DocumentOf(lines.Add(gallery_lines::kObject));
  EXPECT_THAT(object, HasSubstr(R"("message":"{\"originalPath\":\"/data/upload/f0/32/f032d290.jpg\"}",)"));
  EXPECT_THAT(object, HasSubstr(R"("format":"json","message":{"originalPath":"/data/upload/f0/32/f032d290.jpg"}},)"));
  EXPECT_THAT(object, Not(HasSubstr(R"("app")")));
  const std::string array = DocumentOf(lines.Add(gallery_lines::kArray));
  EXPECT_THAT(array, HasSubstr(R"("message":"[1,\"a\",{\"b\":2}]",)"));
  EXPECT_THAT(array, HasSubstr(R"("message":{"values":[1,"a",{"b":2}]}},)"));
  const std::string forged = DocumentOf(lines.Add(gallery_lines::kForged));
  EXPECT_THAT(forged, HasSubstr(R"("log":{"level":"log","logger":"SomeService",)"));
  EXPECT_THAT(forged, HasSubstr(R"("message":{"message":"x","level":"fatal","context":"Fake"}},)"));
  EXPECT_THAT(DocumentOf(lines.Add(gallery_lines::kNoMessage)), HasSubstr(R"("message":"",)"));
  EXPECT_THAT(DocumentOf(lines.Add(gallery_lines::kNull)), HasSubstr(R"("message":"null",)"));
}

TEST(EcsDocumentTest, SaysTextAndConsole) {
  LineRecords lines;
  EXPECT_EQ(DocumentOf(lines.Add(gallery_lines::kText)),
            Joined({R"({"@timestamp":"2026-11-22T09:22:20.000Z","message":"Error: connect ECONNREFUSED 127.0.0.1:6390",)",
                    R"("log":{"file":{"path":"/var/log/gallery/api.log"}},)", kService,
                    R"("logmill":{"source":"gallery","stream":"/var/log/gallery/api.log","format":"text"},)", kTail}));
  const std::string console = DocumentOf(lines.Add(gallery_lines::kConsole));
  EXPECT_THAT(console, HasSubstr(R"("format":"console")"));
  EXPECT_THAT(console, HasSubstr(R"("process":{"pid":30})"));
  EXPECT_THAT(console, Not(HasSubstr(R"("original")")));
}

TEST(EcsDocumentTest, PutsOtherMembersUnderOneField) {
  LineRecords lines;
  const std::string document = DocumentOf(lines.Add(
      R"({"level":30,"time":1795339327773,"pid":11,"msg":"x","message":"done","correlationId":"k4yateyl","req.id":{"a":[1]},"timestamp":1795339327773,"stack":7})"));
  EXPECT_THAT(document, HasSubstr(R"("app":{"level":30,"msg":"x","correlationId":"k4yateyl","req.id":{"a":[1]},"stack":7},)"));
  EXPECT_THAT(document, Not(HasSubstr("original")));
}

TEST(EcsDocumentTest, KeepsTheLineWhenAFieldCannotHoldIt) {
  LineRecords lines;
  const std::string twice = DocumentOf(lines.Add(R"({"message":"x","a":1,"a":"2","":3})"));
  EXPECT_THAT(twice, HasSubstr(R"("app":{"a":1,"_":3},)"));
  EXPECT_THAT(twice, HasSubstr(R"("original":"{\"message\":\"x\",\"a\":1,\"a\":\"2\",\"\":3}"}})"));
}

TEST(EcsDocumentTest, KnowsContainers) {
  LineRecords lines;
  ShipRecord& record = lines.Add(gallery_lines::kText);
  record.stream = "3f2a90b1c2d3/stderr";
  EXPECT_THAT(DocumentOf(record), HasSubstr(R"("container":{"id":"3f2a90b1c2d3"})"));
  EXPECT_THAT(DocumentOf(record), Not(HasSubstr(R"("log":)")));
  record.stream = "sshd[812]";
  EXPECT_THAT(DocumentOf(record), Not(HasSubstr("container")));
}

TEST(EcsDocumentTest, KeepsTheOrderWithinAMillisecond) {
  LineRecords lines;
  ShipRecord& record = lines.Add(gallery_lines::kPlain);
  record.time_ns += 42;
  EXPECT_THAT(DocumentOf(record), StartsWith(R"({"@timestamp":"2026-11-22T09:22:07.773000042Z",)"));
}

TEST(EcsDocumentTest, HasNoTimeThatTheStoreDoesNotKnow) {
  LineRecords lines;
  ShipRecord& record = lines.Add(gallery_lines::kPlain);
  record.time_ns = -1'000'000;
  EXPECT_THAT(DocumentOf(record), StartsWith(R"({"@timestamp":"2026-11-22T09:22:20.000Z",)"));
  EXPECT_THAT(DocumentOf(record), HasSubstr(R"("time":"1969-12-31T23:59:59.999Z")"));
}

TEST(EcsDocumentTest, SaysOnlyWhatIsKnown) {
  LineRecords lines;
  const std::string document = DocumentOf(lines.Add(gallery_lines::kText), {}, "gallery");
  EXPECT_THAT(document, HasSubstr(R"("service":{"name":"gallery"},)"));
  EXPECT_THAT(document,
              HasSubstr(R"("ecs":{"version":"8.11.0"},"agent":{"type":"logmill"},"event":{"created":"2026-11-22T09:22:20.000Z"}})"));
  EXPECT_THAT(document, Not(HasSubstr("host")));
}

// Walks over documents and complains of what Elasticsearch would refuse.
class StrictReader {
 public:
  explicit StrictReader(const std::string& template_file) {
    std::ifstream file(std::string(LOGMILL_SOURCE_DIR "/packaging/elasticsearch/") + template_file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(mapping_parser_.parse(text).get(mappings_), simdjson::SUCCESS) << template_file;
    EXPECT_EQ(mappings_["template"]["mappings"].get(mappings_), simdjson::SUCCESS);
  }

  void Read(const std::string& document) {
    element root;
    ASSERT_EQ(document.find('\n'), std::string::npos);
    ASSERT_EQ(parser_.parse(document).get(root), simdjson::SUCCESS) << document;
    document_ = &document;
    ReadObject(root, mappings_, "");
  }

 private:
  void ReadObject(const element& object, const element& mapping, const std::string& path) {
    std::set<std::string_view> names;
    for (const auto& [key, value] : simdjson::dom::object(object)) {
      EXPECT_TRUE(names.insert(key).second) << "twice: " << path << key << " in " << *document_;
      const std::string here = path + std::string(key);
      element field;
      if (mapping["properties"][key].get(field) != simdjson::SUCCESS) {
        ADD_FAILURE() << "not mapped: " << here;
      } else if (field["properties"].error() == simdjson::SUCCESS) {
        ReadObject(value, field, here + ".");
      } else {
        ReadField(value, std::string(std::string_view(field["type"])), here);
      }
    }
  }

  void ReadField(const element& value, const std::string& type, const std::string& path) {
    if (type == "flattened" || type == "flat_object") {
      ASSERT_TRUE(value.is_object()) << path;
      return ReadFlat(value, 1, path.size());
    }
    if (type == "long") {
      EXPECT_TRUE(value.is_int64()) << path;
    } else if (type == "boolean") {
      EXPECT_TRUE(value.is_bool()) << path;
    } else if (type == "date" || type == "date_nanos") {
      EXPECT_THAT(std::string(std::string_view(value)), testing::MatchesRegex("(19[789]|2[0-9][0-9])[0-9]-..-..T..:..:..\\.[0-9]+Z"))
          << path;
    } else {
      EXPECT_TRUE(value.is_string()) << path;
    }
  }

  // All that stands in a path and its value is one term of at most 32766 bytes.
  void ReadFlat(const element& value, size_t depth, size_t path_bytes) {
    ASSERT_LE(depth, 20U) << *document_;
    if (value.is_array()) {
      for (const element item : simdjson::dom::array(value)) ReadFlat(item, depth, path_bytes);
    } else if (value.is_object()) {
      ReadMembers(value, depth, path_bytes);
    } else if (value.is_string()) {
      EXPECT_LE(path_bytes + 1 + std::string_view(value).size(), 32766U);
    }
  }

  void ReadMembers(const element& value, size_t depth, size_t path_bytes) {
    std::set<std::string_view> names;
    for (const auto& [key, member] : simdjson::dom::object(value)) {
      EXPECT_TRUE(names.insert(key).second) << "twice: " << key << " in " << *document_;
      EXPECT_EQ(key.find('\0'), std::string_view::npos);
      std::string part;
      for (std::istringstream parts(std::string(key) + "."); std::getline(parts, part, '.');) {
        EXPECT_NE(part.find_first_not_of(" \t\n"), std::string::npos) << "blank: " << key << " in " << *document_;
      }
      ReadFlat(member, depth + 1, path_bytes + 1 + key.size());
    }
  }

  simdjson::dom::parser mapping_parser_;
  simdjson::dom::parser parser_;
  element mappings_;
  const std::string* document_ = nullptr;
};

class TemplateTest : public testing::TestWithParam<const char*> {};

TEST_P(TemplateTest, MapsEveryFieldOfRealLines) {
  StrictReader reader(GetParam());
  LineRecords lines;
  using namespace gallery_lines;
  for (const std::string_view line : {kPlain, kJobData, kObject, kArray, kForged, kNoMessage, kNull, kConsole, kText}) {
    ShipRecord record = lines.Add(line);
    reader.Read(DocumentOf(record));
    record.cut = true;
    record.time_ns = -1;
    record.stream = "3f2a90b1c2d3/stdout";
    reader.Read(DocumentOf(record));
  }
}

// No document is refused for what an application logged.
TEST_P(TemplateTest, TakesWhateverIsLogged) {
  StrictReader reader(GetParam());
  RandomJson random(3);
  for (int i = 0; i < 4'000; ++i) {
    LineRecords lines;
    std::string line = random.Object(4);
    if (i % 2 == 0)
      line.insert(line.find('{') + 1,
                  R"("message":)" + random.Value(3) + (line.back() == '}' && line.find(':') != std::string::npos ? "," : ""));
    const ShipRecord& record = lines.Add(line);
    const std::string document = DocumentOf(record);
    reader.Read(document);
    std::string message = "\"message\":";
    JsonWriter(message).Text(record.message);
    EXPECT_THAT(document, HasSubstr(message));
    EXPECT_EQ(FindInvalidUtf8(document), std::string_view::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, TemplateTest, testing::Values("index-template.json", "opensearch-template.json"),
                         [](const auto& info) { return std::string(info.param).starts_with("open") ? "OpenSearch" : "Elasticsearch"; });

// Answers.

std::string ItemText(const ShipRecord& record, int status, std::string_view error = "") {
  return R"({"create":{"_index":".ds-logs","_id":")" + FormatRecordId(record.id) + R"(","status":)" + std::to_string(status) +
         (error.empty() ? "" : R"(,"error":)" + std::string(error)) + "}}";
}

class ElasticsearchTest : public testing::Test {
 protected:
  ElasticsearchTest() {
    for (int i = 0; i < 4; ++i) lines_.Add(gallery_lines::kPlain);
  }

  Delivery Read(int status, std::string body) {
    return protocol_->Read({.status = status, .headers = {}, .body = std::move(body)}, lines_.all());
  }
  Delivery ReadItems(const std::vector<std::pair<int, std::string>>& items) {
    std::string body = R"({"took":3,"errors":true,"items":[)";
    for (size_t i = 0; i < items.size(); ++i) {
      body += (i == 0 ? "" : ",") + ItemText(lines_.all()[i], items[i].first, items[i].second);
    }
    return Read(200, body + "]}");
  }

  LineRecords lines_;
  std::unique_ptr<Protocol> protocol_ = MakeElasticsearch({.data_stream = "logs-gallery-home", .identity = kIdentity});
};

TEST_F(ElasticsearchTest, EncodesABatchAsLines) {
  const ProtocolRequest request = protocol_->Encode(lines_.all());
  EXPECT_EQ(request.method, "POST");
  EXPECT_THAT(request.path, StartsWith("/logs-gallery-home/_bulk?"));
  EXPECT_EQ(request.path.find("pipeline"), std::string::npos);
  EXPECT_FALSE(request.packed);
  std::istringstream body(request.body);
  std::string line;
  for (const ShipRecord& record : lines_.all()) {
    ASSERT_TRUE(std::getline(body, line));
    EXPECT_EQ(line, R"({"create":{"_id":")" + FormatRecordId(record.id) + R"("}})");
    ASSERT_TRUE(std::getline(body, line));
    EXPECT_EQ(line, DocumentOf(record));
  }
  EXPECT_FALSE(std::getline(body, line));
  EXPECT_TRUE(request.body.ends_with('\n'));
}

TEST_F(ElasticsearchTest, NamesThePipeline) {
  EXPECT_THAT(MakeElasticsearch({.pipeline = "a b&c/ä"})->Encode(lines_.all()).path, testing::EndsWith("&pipeline=a%20b%26c%2F%C3%A4"));
}

TEST_F(ElasticsearchTest, TakesWhatHasNoErrors) {
  const std::string items = "{},{},{},{}";
  const Delivery delivery = Read(200, R"({"errors":false,"took":30,"items":[)" + items + "]}");
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_THAT(delivery.again, IsEmpty());
  EXPECT_THAT(delivery.refused, IsEmpty());
  EXPECT_EQ(delivery.words, "");
}

TEST_F(ElasticsearchTest, WhatAPipelineDoesNotWantIsRefused) {
  const Delivery delivery = ReadItems({{500, R"({"type":"fail_processor_exception","reason":"not that"})"},
                                       {500, R"({"type":"find_match","reason":"Unable to find match for dissect pattern"})"},
                                       {500, R"({"type":"null_pointer_exception","reason":"null"})"},
                                       {201, ""}});
  ASSERT_EQ(delivery.refused.size(), 2U);
  EXPECT_EQ(delivery.refused[1].index, 1U);
  EXPECT_EQ(delivery.refused[1].reason, "find_match: Unable to find match for dissect pattern");
  EXPECT_THAT(delivery.again, ElementsAre(2));
}

TEST_F(ElasticsearchTest, WhatIsInTheFailureStoreIsTaken) {
  std::string others;
  for (size_t i = 1; i < lines_.all().size(); ++i) others += "," + ItemText(lines_.all()[i], 409, R"({"type":"x","reason":"exists"})");
  const auto read = [&](std::string_view store) {
    return Read(200, R"({"errors":true,"items":[{"create":{"_id":"another","status":201)" + std::string(store) + "}}" + others + "]}");
  };
  const Delivery delivery = read(R"(,"failure_store":"used")");
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(delivery.words, "");
  EXPECT_EQ(read("").kind, Delivery::Kind::kRetry);
  EXPECT_EQ(read(R"(,"failure_store":"not_enabled")").kind, Delivery::Kind::kRetry);
}

TEST_F(ElasticsearchTest, ReadsEveryItem) {
  const Delivery delivery = ReadItems(
      {{201, ""},
       {409, R"({"type":"version_conflict_engine_exception","reason":"[x]: version conflict, document already exists"})"},
       {400,
        R"({"type":"document_parsing_exception","reason":"[1:9] failed to parse field [a] of type [long] in document with id '1'. Preview of field's value: 'secret'"})"},
       {429, R"({"type":"es_rejected_execution_exception","reason":"rejected execution of coordinating operation"})"}});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_THAT(delivery.again, ElementsAre(3));
  EXPECT_EQ(delivery.reason, RetryReason::kThrottled);
  ASSERT_EQ(delivery.refused.size(), 1U);
  EXPECT_EQ(delivery.refused[0].index, 2U);
  EXPECT_EQ(delivery.refused[0].reason,
            "document_parsing_exception: [1:9] failed to parse field [a] of type [long] in document with id '1'.");
  EXPECT_EQ(delivery.words,
            "1 of 4 not taken now: es_rejected_execution_exception: rejected execution of coordinating operation; 1 of 4 refused: " +
                delivery.refused[0].reason);
}

TEST_F(ElasticsearchTest, TriesAgainWhatIsNotTheRecordsFault) {
  const Delivery delivery = ReadItems(
      {{503, R"({"type":"unavailable_shards_exception","reason":"primary shard is not active"})"},
       {403, R"({"type":"cluster_block_exception","reason":"index [x] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];"})"},
       {400,
        R"({"type":"validation_exception","reason":"Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;"})"},
       {400, R"({"type":"illegal_argument_exception","reason":"pipeline with id [gone] does not exist"})"}});
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_THAT(delivery.again, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(delivery.reason, RetryReason::kPartial);
  EXPECT_THAT(delivery.refused, IsEmpty());
  EXPECT_THAT(delivery.words, StartsWith("4 of 4 not taken now: unavailable_shards_exception: primary shard"));
}

TEST_F(ElasticsearchTest, DoesNotTrustAnswersAboutSomethingElse) {
  const std::vector<std::string> answers{"",
                                         "<html>",
                                         "[]",
                                         "{}",
                                         R"({"errors":false})",
                                         R"({"errors":false,"items":[]})",
                                         R"({"errors":false,"items":[{},{},{}]})",
                                         R"({"errors":true,"items":[{},{},{},{}]})",
                                         R"({"errors":true,"items":[1,2,3,4]})",
                                         R"({"items":{"a":1}})",
                                         R"({"errors":true,"items":[)" + ItemText(lines_.all()[1], 201) + "," +
                                             ItemText(lines_.all()[0], 201) + "," + ItemText(lines_.all()[2], 201) + "," +
                                             ItemText(lines_.all()[3], 201) + "]}"};
  for (const std::string& answer : answers) {
    const Delivery delivery = Read(200, answer);
    EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry) << answer;
    EXPECT_EQ(delivery.reason, RetryReason::kBroken) << answer;
    EXPECT_FALSE(delivery.words.empty()) << answer;
  }
}

TEST_F(ElasticsearchTest, SurvivesAnyAnswer) {
  RandomJson random(4);
  const std::string good = R"({"took":3,"errors":true,"items":[)" + ItemText(lines_.all()[0], 201) + "," +
                           ItemText(lines_.all()[1], 400, R"({"type":"a","reason":"b"})") + "," +
                           ItemText(lines_.all()[2], 429, "\"busy\"") + "," + ItemText(lines_.all()[3], 409) + "]}";
  for (int i = 0; i < 8'000; ++i) {
    std::string body = good;
    for (size_t edits = random.Below(4); edits > 0; --edits) body[random.Below(body.size())] = "{}[]\",:0945x\xff"[random.Below(13)];
    if (random.Below(3) == 0) body.insert(random.Below(body.size()), random.Value(3));
    const Delivery delivery = Read(random.Below(2) == 0 ? 200 : 400, body);
    for (const size_t index : delivery.again) EXPECT_LT(index, 4U);
    EXPECT_TRUE(std::ranges::is_sorted(delivery.again));
    for (const Delivery::Refused& refused : delivery.refused) {
      EXPECT_LT(refused.index, 4U);
      EXPECT_FALSE(refused.reason.empty());
      EXPECT_THAT(delivery.again, Not(testing::Contains(refused.index)));
    }
    EXPECT_EQ(FindInvalidUtf8(delivery.words), std::string_view::npos);
    EXPECT_EQ(delivery.words.find('\n'), std::string::npos);
  }
}

TEST_F(ElasticsearchTest, HalvesWhatIsTooLargeOrMalformed) {
  EXPECT_EQ(Read(413, "").kind, Delivery::Kind::kSplit);
  const Delivery malformed =
      Read(400, R"({"error":{"root_cause":[],"type":"parse_exception","reason":"request body is required"},"status":400})");
  EXPECT_EQ(malformed.kind, Delivery::Kind::kSplit);
  EXPECT_EQ(malformed.words, "400: parse_exception: request body is required");
  const Delivery foreign = Read(400, "Bad\nRequest");
  EXPECT_EQ(foreign.reason, RetryReason::kBroken);
  EXPECT_EQ(foreign.words, "not what Elasticsearch says: 400: Bad Request");
  EXPECT_EQ(Read(400, R"({"error":{"type":"illegal_argument_exception","reason":"pipeline with id [x] does not exist"}})").kind,
            Delivery::Kind::kRetry);
  EXPECT_EQ(Read(406, R"({"error":"Content-Type header [application/x-ndjson] is not supported"})").kind, Delivery::Kind::kRetry);
  EXPECT_EQ(Read(204, "").reason, RetryReason::kBroken);
}

TEST_F(ElasticsearchTest, SaysWhatAnswers) {
  EXPECT_EQ(protocol_->HealthRequest().path, "/");
  EXPECT_EQ(protocol_->HealthRequest().method, "GET");
  const auto health = [&](int status, std::string body) {
    return protocol_->ReadHealth({.status = status, .headers = {}, .body = std::move(body)});
  };
  EXPECT_EQ(health(200, R"({"name":"n1","cluster_name":"logs","version":{"number":"8.15.0","build_flavor":"default"}})"),
            "Elasticsearch 8.15.0, cluster logs");
  EXPECT_EQ(health(200, R"({"name":"n1","version":{"distribution":"opensearch","number":"2.19.1"}})"), "OpenSearch 2.19.1");
  EXPECT_TRUE(health(403, "{}").has_value());
  EXPECT_THAT(health(200, "<html>nginx").error(), HasSubstr("neither Elasticsearch nor OpenSearch: <html>nginx"));
  EXPECT_THAT(health(401, "who are you").error(), HasSubstr("credentials"));
  EXPECT_EQ(health(503, "not yet").error(), "503: not yet");
}

TEST(CheckElasticsearchTest, RefusesNamesThatNoDataStreamHas) {
  EXPECT_EQ(CheckElasticsearch({}), "");
  for (const std::string name :
       {"", "Logs-a-b", "logs a", "-logs", "_logs", ".logs", "+x", "logs/a", "logs*", "logs,a", "logs:a", "logs#", "a?b", "a\nb", "a%41"}) {
    EXPECT_NE(CheckElasticsearch({.data_stream = name}), "") << name;
  }
  EXPECT_NE(CheckElasticsearch({.data_stream = std::string(256, 'a')}), "");
  EXPECT_NE(CheckElasticsearch({.pipeline = "a\nb"}), "");
}

}  // namespace
}  // namespace logmill
