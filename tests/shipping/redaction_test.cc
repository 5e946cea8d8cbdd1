#include "shipping/redaction.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shipping/json_writer.h"
#include "tests/shipping/random_json.h"

namespace logmill {
namespace {

// What the recogniser of these tests looks for, anywhere in a word.
constexpr std::string_view kWord = "SECRET";
constexpr std::string_view kRandomWord = "level";  // which RandomJson writes

std::string_view Recognise(std::string_view word) {
  if (word.find(kWord) != std::string_view::npos || word.find(kRandomWord) != std::string_view::npos) return "secret";
  return word.starts_with("Bearer ") || word.starts_with("-----BEGIN ") ? "token" : "";
}

RedactionOptions Options(std::vector<std::string> fields = {}) {
  return {.recognise = Recognise, .kinds = {"secret", "token"}, .fields = std::move(fields)};
}

std::string RedactWords(std::string_view text) {
  WordRedactor redactor(Recognise, {"secret", "token"});
  std::string out;
  return redactor.Redact(text, out) ? out : std::string(text);
}

std::string RedactJson(std::string_view json, const std::vector<std::string>& fields = {}) {
  WordRedactor words(Recognise, {"secret", "token"});
  JsonRedactor redactor(words, fields);
  return std::string(redactor.Redact(json));
}

TEST(WordRedactionTest, WordsEndWhereTheyEnd) {
  EXPECT_EQ(RedactWords(""), "");
  EXPECT_EQ(RedactWords("nothing here"), "nothing here");
  EXPECT_EQ(RedactWords("SECRET"), "[secret]");
  EXPECT_EQ(RedactWords("a xSECRETx, b"), "a [secret], b");
  for (const char* around : {"()", "[]", "{}", "\"\"", "''", "``", "<>", "  ", "\t\n", ",;", "|=", "\r\v"}) {
    const std::string before = "a" + std::string(1, around[0]);
    const std::string after = std::string(1, around[1]) + "b";
    EXPECT_EQ(RedactWords(before + "SECRET" + after), before + "[secret]" + after);
  }
  EXPECT_EQ(RedactWords("C:\\Users\\SECRET\\x.jpg"), "[secret]");
}

TEST(WordRedactionTest, LinksAreWhole) {
  EXPECT_EQ(RedactWords("see (https://x/SECRET?a=b,c=d) now"), "see ([secret] now");
  EXPECT_EQ(RedactWords("GET x.org/a?q=SECRET&r=(1) 200"), "GET [secret] 200");
  EXPECT_EQ(RedactWords("<https://x/?a=SECRET> \"https://x/?b=SECRET\""), "<[secret]> \"[secret]\"");
}

TEST(WordRedactionTest, WhatIsAnnounced) {
  EXPECT_EQ(RedactWords("Authorization: Bearer abc=, more"), "Authorization: Bearer [token] more");
  EXPECT_EQ(RedactWords("Bearer"), "Bearer");
  EXPECT_EQ(RedactWords("bearer of news"), "bearer of news");
  EXPECT_EQ(RedactWords("Bearer abc def"), "Bearer [token] def");
}

TEST(WordRedactionTest, BesideColors) {
  EXPECT_EQ(RedactWords("\x1b[32mBearer x\x1b[39m"), "\x1b[32mBearer [token]\x1b[39m");
  EXPECT_EQ(RedactWords("\x1b[1;31mSECRET\x1b[0m"), "\x1b[1;31m[secret]\x1b[0m");
  EXPECT_EQ(RedactWords("\x1b[36mhttps://x/?SECRET=(1)\x1b[39m."), "\x1b[36m[secret]\x1b[39m.");
  EXPECT_EQ(RedactWords("\x1b\x1b[\x1b[3SECRET"), "\x1b\x1b[\x1b[[secret]");
}

TEST(WordRedactionTest, AQuotedTextBelongsToTheHostBehindIt) {
  EXPECT_EQ(RedactWords(R"("A. SECRET"@x.org, "b" "@x)"), R"("A. [secret]"@x.org, "b" "@x)");
  WordRedactor redactor([](std::string_view word) { return word.find("\"@x") != std::string_view::npos ? "email" : ""; }, {"email"});
  std::string out;
  EXPECT_TRUE(redactor.Redact(R"(from "A. Name"@x.org, a"@x.org "b c"@x)", out));
  EXPECT_EQ(out, R"(from [email], a"@x.org [email])");
}

TEST(WordRedactionTest, KeysOfSeveralLines) {
  const std::string key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE abc\ndef==\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(RedactWords("key: " + key + " and more"), "key: [token] and more");
  for (size_t length = 11; length < key.size(); ++length) EXPECT_EQ(RedactWords(key.substr(0, length)), "[token]") << length;
}

TEST(WordRedactionTest, AnyBytes) {
  const std::string text("\xFF\0SECRET\x80 \xC3", 11);
  EXPECT_EQ(RedactWords(text), std::string("[secret] \xC3"));
}

TEST(WordRedactionTest, OnlyKindsThatAreWantedAreCounted) {
  WordRedactor redactor(Recognise, {"token"});
  std::string out;
  EXPECT_FALSE(redactor.Redact("SECRET SECRET", out));
  EXPECT_TRUE(redactor.Redact("Bearer x Bearer y", out));
  EXPECT_EQ(redactor.count(0), 2);
}

TEST(JsonRedactionTest, InAllStrings) {
  EXPECT_EQ(RedactJson(R"( {"SECRET" : "SECRET", "a":[ "x SECRET",{"b":"SECRET"}], "n":1.0 } )"),
            R"( {"[secret]" : "[secret]", "a":[ "x [secret]",{"b":"[secret]"}], "n":1.0 } )");
  EXPECT_EQ(RedactJson(R"({"a":"\u0053ECRE\u0054 \"q\" \n","a":"SECRET"})"), R"({"a":"[secret] \"q\" \n","a":"[secret]"})");
  EXPECT_EQ(RedactJson(R"(["SECRET"])"), R"(["[secret]"])");
  EXPECT_EQ(RedactJson(R"({"json":"{\"a\":\"SECRET\"}"})"), R"({"json":"{\"a\":\"[secret]\"}"})");
  const std::string untouched = R"({ "a" : "b\u0041", "c":[]})";
  EXPECT_EQ(RedactJson(untouched), untouched);
}

// A store refuses an object that has a name twice.
TEST(JsonRedactionTest, NamesStayDifferent) {
  EXPECT_EQ(RedactJson(R"({"SECRET1":{"SECRET":1,"xSECRET":[{"SECRET":2}],"y SECRET":3},"SECRET2":2,"\u0053ECRET3":3})"),
            R"({"[secret]":{"[secret]":1,"[secret] 2":[{"[secret]":2}],"y [secret]":3},"[secret] 2":2,"[secret] 3":3})");
  WordRedactor words(Recognise, {"secret"});
  JsonRedactor redactor(words, {});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(redactor.Redact(R"({"plain":1,"SECRET":2})"), R"({"plain":1,"[secret]":2})");
}

TEST(JsonRedactionTest, FieldsByTheirPaths) {
  const std::vector<std::string> fields{"a.b", "list.1", "flat.key", "x.y.z", "deep.0.0.v", ""};
  EXPECT_EQ(RedactJson(R"({"a":{"b":{"c":1},"c":2},"list":[0,1,2]})", fields),
            R"({"a":{"b":"[redacted]","c":2},"list":[0,"[redacted]",2]})");
  EXPECT_EQ(RedactJson(R"({"flat.key":1,"x":{"y.z":null},"x.y":{"z":[1]}})", fields),
            R"({"flat.key":"[redacted]","x":{"y.z":"[redacted]"},"x.y":{"z":"[redacted]"}})");
  EXPECT_EQ(RedactJson(R"({"a":{"b":1},"a":{"b":2},"\u0061":{"b":3}})", fields),
            R"({"a":{"b":"[redacted]"},"a":{"b":"[redacted]"},"\u0061":{"b":"[redacted]"}})");
  EXPECT_EQ(RedactJson(R"({"deep":[[{"v":"x","w":"SECRET"}]]})", fields), R"({"deep":[[{"v":"[redacted]","w":"[secret]"}]]})");
}

TEST(JsonRedactionTest, ArraysNeedNoNumber) {
  EXPECT_EQ(RedactJson(R"({"a":[{"b":1},2,[{"b":{}}],{"c":1}],"b":1})", {"a.b"}),
            R"({"a":[{"b":"[redacted]"},2,[{"b":"[redacted]"}],{"c":1}],"b":1})");
  EXPECT_EQ(RedactJson(R"({"a":[{"b.c":[{"d":1}]},{"b":{"c":{"d":1}}}]})", {"a.b.c.d"}),
            R"({"a":[{"b.c":[{"d":"[redacted]"}]},{"b":{"c":{"d":"[redacted]"}}}]})");
}

// Each level of a path is a walk over all below it. What lies too deep for that goes as a whole.
TEST(JsonRedactionTest, PathsThroughDeepNests) {
  const auto nest = [](size_t depth, const std::string& inside) {
    return R"({"a":)" + std::string(depth, '[') + inside + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(RedactJson(nest(31, R"({"b":1})"), {"a.b"}), nest(31, R"("[redacted]")"));
  EXPECT_EQ(RedactJson(nest(30, R"({"b":1})"), {"a.b"}), nest(30, R"({"b":"[redacted]"})"));
  EXPECT_EQ(RedactJson(nest(1000, "1"), {"a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"}),
            nest(31, R"("[redacted]")"));
}

// --- Records ---

ShipRecord JsonRecord(std::string_view line, std::string_view message, Value::Type type = Value::Type::kString) {
  return {.format = RecordFormat::kJson, .message_type = type, .level = "error", .context = "SECRET", .message = message, .line = line};
}

TEST(RedactionTest, MessageContextLevelAndLine) {
  Redactor redactor(Options());
  ShipRecord record = JsonRecord(R"({"message":"SECRET","context":"SECRET","more":["SECRET"]})", "SECRET");
  record.level = "SECRET";
  redactor.Redact(record);
  EXPECT_EQ(record.line, R"({"message":"[secret]","context":"[secret]","more":["[secret]"]})");
  EXPECT_EQ(record.message, "[secret]");
  EXPECT_EQ(record.context, "[secret]");
  EXPECT_EQ(record.level, "[secret]");
}

TEST(RedactionTest, TextIsItsMessage) {
  Redactor redactor(Options());
  ShipRecord record{.message = "Error: SECRET\n    at x", .line = "Error: SECRET\n    at x"};
  redactor.Redact(record);
  EXPECT_EQ(record.message, "Error: [secret]\n    at x");
  EXPECT_EQ(record.line, record.message);
}

TEST(RedactionTest, MessagesThatAreObjects) {
  Redactor redactor(Options({"message.user.name"}));
  const std::string message = R"({"user":{"name":"Anna","mail":"SECRET"}})";
  ShipRecord record = JsonRecord("", message, Value::Type::kObject);
  const std::string line = R"({"message":)" + message + "}";
  record.line = line;
  redactor.Redact(record);
  EXPECT_EQ(record.message, R"({"user":{"name":"[redacted]","mail":"[secret]"}})");
  EXPECT_EQ(record.line, R"({"message":{"user":{"name":"[redacted]","mail":"[secret]"}}})");
  EXPECT_EQ(record.message_type, Value::Type::kObject);
}

// What stands in place of an object is a text, and has to be known as one: a store would take it for JSON.
TEST(RedactionTest, AWholeMessageBecomesAText) {
  Redactor redactor(Options({"message", "context"}));
  ShipRecord record = JsonRecord(R"({"message":{"a":1},"context":"App"})", R"({"a":1})", Value::Type::kObject);
  record.context = "App";
  redactor.Redact(record);
  EXPECT_EQ(record.message, "[redacted]");
  EXPECT_EQ(record.message_type, Value::Type::kString);
  EXPECT_EQ(record.context, "[redacted]");
  EXPECT_EQ(record.line, R"({"message":"[redacted]","context":"[redacted]"})");
}

TEST(RedactionTest, Counts) {
  Redactor redactor(Options({"a"}));
  ShipRecord record = JsonRecord(R"({"a":1,"b":"SECRET Bearer x"})", "no");
  redactor.Redact(record);
  using Counts = std::vector<std::pair<std::string, uint64_t>>;
  EXPECT_EQ(redactor.Counts(), (Counts{{"secret", 2}, {"token", 1}, {"field", 1}}));  // the context, too
  EXPECT_FALSE(Redactor({}).active());
  EXPECT_TRUE(redactor.active());
}

// --- The obvious slow way ---

using simdjson::dom::element;

// `value` written anew, each string of it redacted by itself.
void WriteSlowly(const element& value, JsonWriter& json) {
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT: {
      std::map<std::string, size_t> names;
      json.BeginObject();
      for (const auto& [key, member] : value.get_object()) {
        const std::string name = RedactWords(key);
        const size_t times = name == key ? 1 : ++names[name];
        json.Key(times > 1 ? name + " " + std::to_string(times) : name);
        WriteSlowly(member, json);
      }
      json.EndObject();
      break;
    }
    case simdjson::dom::element_type::ARRAY:
      json.BeginArray();
      for (const element member : value.get_array()) WriteSlowly(member, json);
      json.EndArray();
      break;
    case simdjson::dom::element_type::STRING:
      json.Text(RedactWords(value.get_string().value()));
      break;
    default:
      json.Raw(simdjson::minify(value));
  }
}

void WriteAsItIs(const element& value, JsonWriter& json) { json.Raw(simdjson::minify(value)); }

std::string Written(std::string_view text, void (*write)(const element&, JsonWriter&)) {
  simdjson::dom::parser parser;
  std::string out;
  JsonWriter json(out);
  element root;
  EXPECT_EQ(parser.parse(text.data(), text.size()).get(root), simdjson::SUCCESS) << text;
  write(root, json);
  return out;
}

bool IsJson(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

TEST(RedactionTest, TheSlowWaySaysTheSame) {
  RandomJson random(7);
  size_t changed = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string json = random.Object(3);
    if (!IsJson(json)) continue;  // simdjson refuses numbers beyond a double, and half surrogates
    const std::string quick = RedactJson(json);
    changed += quick != json ? 1 : 0;
    ASSERT_EQ(Written(quick, WriteAsItIs), Written(Written(json, WriteSlowly), WriteAsItIs)) << json;
  }
  EXPECT_GT(changed, 500);
}

}  // namespace
}  // namespace logmill
