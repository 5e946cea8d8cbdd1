#include "rules/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Reads one text and remembers what was found.
class YamlReaderTest : public ::testing::Test {
 protected:
  YamlMap Read(std::string_view text) {
    tree_ = std::make_unique<YamlTree>(std::move(*ParseYaml(text, "f", diagnostics_)));
    return YamlMap(YamlValue(*tree_, diagnostics_));
  }
  std::vector<std::string> Findings() const {
    std::vector<std::string> texts;
    for (const Diagnostic& entry : diagnostics_.entries()) texts.push_back(Format(entry));
    return texts;
  }

  Diagnostics diagnostics_;
  std::unique_ptr<YamlTree> tree_;
};

TEST_F(YamlReaderTest, ReadsWhatIsThereAndFallsBackForTheRest) {
  YamlMap map = Read("name: logmill\nport: 8081\nratio: 0.5\non: true\nlist: [a, 'b']\none: c\n");
  EXPECT_EQ(map.Text("name", ""), "logmill");
  EXPECT_EQ(map.Int("port", 0, 1, 65535), 8081);
  EXPECT_EQ(map.Number("ratio", 0), 0.5);
  EXPECT_TRUE(map.Bool("on", false));
  EXPECT_THAT(map.Texts("list"), ElementsAre("a", "b"));
  EXPECT_THAT(map.Texts("one"), ElementsAre("c"));
  EXPECT_EQ(map.Int("absent", 7), 7);
  EXPECT_FALSE(map.Find("absent"));
  map.Done();
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(YamlReaderTest, NamesNestedValuesByTheirPath) {
  YamlMap map = Read("listen: {api: [1]}\nsources:\n  - file: {}\n");
  YamlMap listen(*map.Find("listen"));
  EXPECT_EQ(listen.Text("api", "default"), "default");
  for (const YamlValue& source : map.List("sources")) EXPECT_EQ(YamlMap(source).Text("file", ""), "");
  EXPECT_THAT(Findings(), ElementsAre("f:1:15: listen.api: expected text, found a list",
                                      "f:3:11: sources[0].file: expected text, found a map (key: value)"));
}

TEST_F(YamlReaderTest, ReportsUnknownAndMissingKeys) {
  YamlMap map = Read("telemetri: 1\nzzz: 2\n");
  EXPECT_FALSE(map.Require("state"));
  EXPECT_FALSE(map.Find("telemetry"));
  map.Done();
  EXPECT_THAT(Findings(),
              ElementsAre("f:1:1: required key \"state\" is missing", "f:1:1: unknown key \"telemetri\"; did you mean \"telemetry\"?",
                          "f:2:1: unknown key \"zzz\"; known here: state, telemetry"));
}

TEST_F(YamlReaderTest, BooleansAreThoseOfYaml12) {
  YamlMap map = Read("a: yes\nb: True\nc: 'true'\nd: 1\n");
  for (const char* key : {"a", "b", "c", "d"}) EXPECT_FALSE(map.Bool(key, false));
  const std::string hint = "; write true or false, in lower case and without quotes";
  EXPECT_THAT(
      Findings(),
      ElementsAre("f:1:4: a: expected true or false, found \"yes\"" + hint, "f:2:4: b: expected true or false, found \"True\"" + hint,
                  "f:3:4: c: expected true or false, found the text \"true\"" + hint, "f:4:4: d: expected true or false, found \"1\""));
}

TEST_F(YamlReaderTest, IntegersAreDecimalUnquotedAndInRange) {
  YamlMap map = Read("a: 070\nb: 1.5\nc: '5'\nd: 70000\ne: 99999999999999999999\nf: -3\n");
  EXPECT_EQ(map.Int("a", 1), 1);
  EXPECT_EQ(map.Int("b", 1), 1);
  EXPECT_EQ(map.Int("c", 1), 1);
  EXPECT_EQ(map.Int("d", 1, 1, 65535), 1);
  EXPECT_EQ(map.Int("e", 1), 1);
  EXPECT_EQ(map.Int("f", 1), -3);
  EXPECT_THAT(Findings(),
              ElementsAre("f:1:4: a: expected a whole number without leading zeros, found \"070\"",
                          "f:2:4: b: expected a whole number, found \"1.5\"", "f:3:4: c: expected a whole number, found the text \"5\"",
                          "f:4:4: d: 70000 is out of range; it has to be from 1 to 65535",
                          "f:5:4: e: expected a whole number, found \"99999999999999999999\""));
}

TEST_F(YamlReaderTest, NumbersAreFiniteAndInRange) {
  YamlMap map = Read("a: .inf\nb: nan\nc: 1e400\nd: 2.5\ne: 1e3\n");
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(map.Number(key, 9), 9);
  EXPECT_EQ(map.Number("d", 9, 0, 1), 9);
  EXPECT_EQ(map.Number("e", 9), 1000);
  EXPECT_EQ(Findings().size(), 4u);
  EXPECT_EQ(Findings()[3], "f:4:4: d: 2.5 is out of range; it has to be from 0 to 1");
}

TEST_F(YamlReaderTest, ANoMapIsReportedOnce) {
  YamlMap map = Read("[a]");
  EXPECT_FALSE(map.Require("x"));
  EXPECT_EQ(map.Text("y", "z"), "z");
  EXPECT_THAT(map.Entries(), IsEmpty());
  map.Done();
  EXPECT_THAT(Findings(), ElementsAre("f:1:1: expected a map (key: value), found a list"));
}

TEST_F(YamlReaderTest, NothingIsNoValue) {
  YamlMap map = Read("a:\nb: ''\n");
  EXPECT_EQ(map.Text("a", "x"), "x");
  EXPECT_FALSE(map.Find("b")->NonEmptyText());
  EXPECT_THAT(Findings(), ElementsAre("f:1:1: a: expected text, found nothing", "f:2:4: b: must not be empty"));
}

}  // namespace
}  // namespace logmill
