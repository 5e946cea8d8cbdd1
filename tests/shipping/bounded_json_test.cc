#include "shipping/bounded_json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "tests/shipping/random_json.h"

namespace logmill {
namespace {

struct Rewritten {
  std::string text;
  bool changed;
};

Rewritten Rewrite(std::string_view object, const JsonLimits& limits = {}) {
  Rewritten result{};
  JsonWriter json(result.text);
  BoundedJson bounded(limits);
  JsonNames names;
  JsonMembers members(object);
  json.BeginObject();
  while (members.Next()) bounded.WriteMember(members.key(), members.value(), names, json);
  json.EndObject();
  result.changed = bounded.changed();
  return result;
}

std::string Minified(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  EXPECT_EQ(parser.parse(text.data(), text.size()).get(root), simdjson::SUCCESS) << text;
  return simdjson::minify(root);
}

TEST(BoundedJsonTest, LeavesOrdinaryJsonAsItIs) {
  const Rewritten result = Rewrite(" {\"a\" : [1, {\"b\":null}, \"x\\n\\\"é\"] ,\"c.d\":-1.5e3,\"e\":{}} ");
  EXPECT_EQ(result.text, R"({"a":[1,{"b":null},"x\n\"é"],"c.d":-1.5e3,"e":{}})");
  EXPECT_FALSE(result.changed);
}

TEST(BoundedJsonTest, LeavesOutNamesThatComeTwice) {
  const Rewritten result = Rewrite(R"({"a":1,"b":2,"\u0061":3,"c":{"a":4,"a":5}})");
  EXPECT_EQ(result.text, R"({"a":1,"b":2,"c":{"a":4}})");
  EXPECT_TRUE(result.changed);
}

TEST(BoundedJsonTest, KnowsManyNames) {
  std::string object = "{";
  for (int i = 0; i < 1000; ++i) object += "\"n" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  const std::string once = object.substr(0, object.size() - 1) + "}";
  EXPECT_EQ(Rewrite(once).text, once);
  EXPECT_EQ(Rewrite(object + R"("n999":0,"n0":0})").text, once);
}

TEST(BoundedJsonTest, GivesBlankNamesAnother) {
  EXPECT_EQ(Rewrite(R"({"":1," ":2,".":3,"a.":4,".a":5,"a..b":6,"a\u0000b":7})").text,
            R"({"_":1,"_._":3,"a._":4,"_.a":5,"a._.b":6,"a_b":7})");
  EXPECT_EQ(Rewrite(R"({"a b":1,"a.b":2})").text, R"({"a b":1,"a.b":2})");
  EXPECT_FALSE(Rewrite(R"({"a b":1,"a.b":2})").changed);
}

TEST(BoundedJsonTest, CutsAtCharacters) {
  const JsonLimits limits{.depth = 16, .key_bytes = 4, .text_bytes = 5};
  EXPECT_EQ(Rewrite(R"({"aéé":"ééé","b":"\ud83d\ude00\ud83d\ude00"})", limits).text, R"({"aé":"éé…","b":"😀…"})");
  EXPECT_TRUE(Rewrite(R"({"aéé":1})", limits).changed);
  EXPECT_FALSE(Rewrite(R"({"aé":"\u0061bcd\u0061"})", limits).changed);
}

TEST(BoundedJsonTest, WritesWhatIsTooDeepAsText) {
  const JsonLimits limits{.depth = 2, .key_bytes = 9, .text_bytes = 99};
  const Rewritten result = Rewrite(R"({"a":{"b":{"c":[1,{"d":"e"}]}}})", limits);
  EXPECT_EQ(result.text, R"({"a":{"b":{"c":"[1,{\"d\":\"e\"}]"}}})");
  EXPECT_TRUE(result.changed);
}

TEST(BoundedJsonTest, WritesNumbersThatFewCanHoldAsText) {
  EXPECT_EQ(Rewrite(R"({"a":1e400,"b":1.5e3,"c":9223372036854775807,"d":9223372036854775808,"e":-9223372036854775808})").text,
            R"({"a":"1e400","b":1.5e3,"c":9223372036854775807,"d":"9223372036854775808","e":-9223372036854775808})");
  const std::string digits = "0." + std::string(40, '7');
  EXPECT_EQ(Rewrite("{\"a\":" + digits + "}").text, "{\"a\":\"" + digits + "\"}");
}

TEST(BoundedJsonTest, SaysOfOrdinaryJsonWhatSimdjsonSays) {
  RandomJson random(1);
  size_t unchanged = 0;
  for (int i = 0; i < 8'000; ++i) {
    const std::string object = random.Object(4);
    const Rewritten result = Rewrite(object);
    const std::string minified = Minified(result.text);
    if (result.changed || object.find("\\ud800") != std::string::npos) continue;
    ++unchanged;
    EXPECT_EQ(minified, Minified(object));
  }
  EXPECT_GT(unchanged, 500U);
}

TEST(BoundedJsonTest, StopsWhereTextIsNoJson) {
  for (const std::string_view text : {"", "x", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{1:2}",
                                      "{\"a\":1 \"b\":2}", "{\"a\":tru}", "{\"a\":[1}"}) {
    JsonMembers members(text);
    while (members.Next()) {
    }
    EXPECT_FALSE(members.valid()) << text;
    Minified(Rewrite(text).text);
  }
}

// Whatever bytes come, what is written is JSON.
TEST(BoundedJsonTest, SurvivesEdits) {
  RandomJson random(2);
  for (int i = 0; i < 8'000; ++i) {
    std::string object = random.Object(3);
    for (size_t edits = random.Below(4); edits > 0; --edits) {
      char& byte = object[random.Below(object.size())];
      if ((byte & 0x80) == 0) byte = "{}[]\",:\\ 1x"[random.Below(11)];
    }
    object.resize(random.Below(object.size() + 1));
    object.shrink_to_fit();
    Minified(Rewrite(object).text);
  }
}

}  // namespace
}  // namespace logmill
