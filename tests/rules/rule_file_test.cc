#include "rules/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Findings(const Diagnostics& diagnostics) {
  std::vector<std::string> texts;
  for (const Diagnostic& entry : diagnostics.entries()) texts.push_back(Format(entry));
  return texts;
}

std::vector<RuleSpec> Load(std::string_view text) {
  Diagnostics diagnostics;
  auto rules = LoadRules(text, "f", diagnostics);
  EXPECT_THAT(Findings(diagnostics), IsEmpty());
  return rules;
}

// Rule files in a folder of their own.
class RuleFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "logmill_rule_files";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::vector<RuleSpec> LoadFiles(const std::vector<std::string>& paths) { return LoadRuleFiles(paths, diagnostics_); }

  std::filesystem::path folder_;
  Diagnostics diagnostics_;
};

TEST(RuleFile, ReadsEverythingThatTheLanguageHas) {
  Diagnostics diagnostics;
  const auto rules = LoadRuleFiles({LOGMILL_SOURCE_DIR "/tests/data/rules/good.yaml"}, diagnostics);
  EXPECT_THAT(Findings(diagnostics), IsEmpty());
  ASSERT_THAT(rules, SizeIs(4));

  const RuleSpec& http = rules[0];
  EXPECT_EQ(http.name, "http_requests");
  EXPECT_EQ(http.group, Group::kApi);
  EXPECT_EQ(http.format, RecordFormat::kJson);
  ASSERT_THAT(http.conditions, SizeIs(3));
  EXPECT_EQ(http.conditions[0].subject, ConditionSpec::Subject::kLevel);
  EXPECT_THAT(http.conditions[0].values, ElementsAre("debug"));
  EXPECT_EQ(http.conditions[2].kind, ConditionSpec::Kind::kMatches);
  EXPECT_THAT(http.conditions[2].captures, ElementsAre("method", "url", "status", "ms"));
  ASSERT_THAT(http.metrics, SizeIs(2));
  EXPECT_EQ(http.metrics[0].family.max_series, 2000u) << "the rule's";
  EXPECT_EQ(http.metrics[1].family.max_series, 500u) << "its own";
  EXPECT_THAT(http.metrics[1].family.buckets, SizeIs(14));
  EXPECT_THAT(http.metrics[0].family.label_names, ElementsAre("method", "route", "status"));
  EXPECT_TRUE(http.metrics[0].labels[1].safe());
  EXPECT_EQ(http.metrics[0].family.endpoint, Endpoint::kApi);
  ASSERT_THAT(http.tests, SizeIs(2));
  EXPECT_THAT(http.tests[0].expect, SizeIs(3));
  EXPECT_THAT(http.tests[1].expect, IsEmpty());
}

TEST(RuleFile, ReadsConditionsOfEveryKind) {
  Diagnostics diagnostics;
  const auto rules = LoadRuleFiles({LOGMILL_SOURCE_DIR "/tests/data/rules/good.yaml"}, diagnostics);
  using Kind = ConditionSpec::Kind;
  std::vector<Kind> kinds;
  std::vector<std::string> fields;
  for (const ConditionSpec& condition : rules[1].conditions) {
    kinds.push_back(condition.kind);
    fields.push_back(condition.field);
  }
  EXPECT_THAT(kinds, ElementsAre(Kind::kIs, Kind::kNot, Kind::kContains, Kind::kIs, Kind::kMatches, Kind::kExists, Kind::kIs));
  EXPECT_THAT(fields, ElementsAre("", "", "", "req.method", "res.statusCode", "errors.0.code", "attempt"));
  EXPECT_THAT(rules[1].conditions[1].values, ElementsAre("MediaRepository", ""));
  EXPECT_FALSE(rules[1].conditions[5].exists);
  EXPECT_THAT(rules[1].conditions[6].values, ElementsAre("1"));
}

TEST(RuleFile, JobMetricsAreOnTheirPortAndInitIsWrittenOut) {
  Diagnostics diagnostics;
  const auto rules = LoadRuleFiles({LOGMILL_SOURCE_DIR "/tests/data/rules/good.yaml"}, diagnostics);
  const FamilySpec& outcomes = rules[1].metrics[2].family;
  EXPECT_EQ(outcomes.endpoint, Endpoint::kMicroservices);
  EXPECT_THAT(outcomes.init, ElementsAre(ElementsAre("success", "a"), ElementsAre("success", "b"), ElementsAre("error", "a"),
                                         ElementsAre("error", "b"), ElementsAre("other", "c")));
  EXPECT_THAT(rules[1].metrics[0].family.buckets, ElementsAre(1, 5, 15, 60, 300, 1800));
}

TEST(RuleFile, LabelsOfOneMetricComeInOneOrder) {
  const auto rules = Load(
      "rules:\n"
      "  - name: a\n"
      "    metrics: [{counter: x_total, help: X., labels: {p: '1', q: '2'}}]\n"
      "  - name: b\n"
      "    metrics: [{counter: x_total, help: X., labels: {q: '3', p: '4'}, init: [{q: '5', p: '6'}]}]\n");
  const MetricSpec& second = rules[1].metrics[0];
  EXPECT_THAT(second.family.label_names, ElementsAre("p", "q"));
  EXPECT_EQ(second.labels[0].pieces[0].text, "4");
  EXPECT_THAT(second.family.init, ElementsAre(ElementsAre("6", "5")));
}

TEST(RuleFile, OneRuleMayFeedAMetricTwice) {
  const auto rules = Load(
      "rules:\n"
      "  - name: a\n"
      "    metrics:\n"
      "      - {counter: x_total, help: X., labels: {part: read}, value: 1}\n"
      "      - {counter: x_total, help: X., labels: {part: write}, value: '2'}\n");
  EXPECT_THAT(rules[0].metrics, SizeIs(2));
}

TEST(RuleFile, AliasesShareValues) {
  const auto rules = Load(
      "rules:\n"
      "  - name: a\n"
      "    metrics: &m [{counter: x_total, help: X.}]\n"
      "  - name: b\n"
      "    metrics: *m\n");
  EXPECT_EQ(rules[1].metrics[0].family.name, "x_total");
}

TEST(RuleFile, UserIdIsAllowedForTheGuardWatchesIt) {
  EXPECT_THAT(Load("rules: [{name: a, metrics: [{counter: x_total, help: X., labels: {user_id: $.user}}]}]"), SizeIs(1));
}

TEST(RuleFile, PrivateNamesAreFineBehindASafeFilter) {
  EXPECT_THAT(
      Load("rules: [{name: a, metrics: [{counter: x_total, help: X., labels: {path: '$.path | route', user: '$.user | enum(admin)', "
           "url: fixed, message: '$message | enum(a)'}}]}]"),
      SizeIs(1));
}

TEST(RuleFile, TenThousandRulesLoad) {
  std::string text = "rules:\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    text += "  - name: r" + n + "\n    when: {context: C" + n + ", message: '^(?P<method>[A-Z]+) x" + n + " (?P<ms>[\\d.]+)ms'}\n";
    text += "    metrics: [{counter: c" + n + "_total, help: H., labels: {method: $method}}]\n";
  }
  EXPECT_THAT(Load(text), SizeIs(10'000));
}

TEST_F(RuleFilesTest, NamesAndMetricsAreCheckedAcrossFiles) {
  const auto a = Write("a.yaml", "rules: [{name: r, metrics: [{counter: x_total, help: X.}]}]\n");
  const auto b = Write("b.yaml", "rules: [{name: r, metrics: [{gauge: x_total, help: X., value: 1}]}]\n");
  (void)LoadFiles({a, b});
  EXPECT_THAT(Findings(diagnostics_), ElementsAre(b + ":1:16: another rule is named \"r\", in " + a + ":1:16",
                                                  b + ":1:37: warning: gauge: _total is for counters; this is a gauge",
                                                  HasSubstr("\"x_total\" is a counter in " + a + ":1:39")));
}

TEST_F(RuleFilesTest, MistakesOfAllFilesComeAtOnceAndInOrder) {
  const auto a = Write("a.yaml", "rules: [\n");
  const auto c = Write("c.yaml", "rules: [{name: c, metrics: [{counter: c_total}]}]\n");
  (void)LoadFiles({c, a, (folder_ / "missing.yaml").string()});
  EXPECT_THAT(Findings(diagnostics_), ElementsAre(HasSubstr("a.yaml:2:1: YAML: end of sequence flow not found"),
                                                  HasSubstr("c.yaml:1:29: required key \"help\" is missing"),
                                                  HasSubstr("missing.yaml: cannot be read: No such file or directory")));
}

TEST_F(RuleFilesTest, AFileNamedTwiceIsReadOnce) {
  const auto a = Write("a.yaml", "rules: [{name: r, metrics: [{counter: x_total, help: X.}]}]\n");
  EXPECT_THAT(LoadFiles({a, a}), SizeIs(1));
  EXPECT_THAT(Findings(diagnostics_), IsEmpty());
}

TEST_F(RuleFilesTest, BucketSetsBelongToTheirFile) {
  const auto a =
      Write("a.yaml", "bucket_sets: {mine: [1]}\nrules: [{name: a, metrics: [{histogram: a, help: A., value: 1, buckets: mine}]}]\n");
  const auto b = Write("b.yaml", "rules: [{name: b, metrics: [{histogram: b, help: B., value: 1, buckets: mine}]}]\n");
  (void)LoadFiles({a, b});
  EXPECT_THAT(Findings(diagnostics_), ElementsAre(HasSubstr("b.yaml:1:73: buckets: no bucket set named \"mine\"")));
}

}  // namespace
}  // namespace logmill
