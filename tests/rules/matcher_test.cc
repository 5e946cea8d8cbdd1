// Records against compiled rules: what is counted, and that the index finds every rule that the obvious way finds.
#include "rules/matcher.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <map>
#include <random>
#include <utility>

#include "rules/rule_file.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

class MatcherTest : public ::testing::Test {
 protected:
  void Load(const std::string& yaml, GroupSet groups = kAllGroups) {
    Diagnostics diagnostics;
    specs_ = LoadRules(yaml, "rules.yaml", diagnostics);
    for (const Diagnostic& diagnostic : diagnostics.entries()) {
      if (diagnostic.severity == Severity::kError) ADD_FAILURE() << Format(diagnostic);
    }
    rules_ = std::make_unique<RuleSet>(specs_, groups);
    store_ = std::make_unique<Store>(rules_->families(), clock_);
    matcher_ = std::make_unique<Matcher>(*rules_, store_->AddShard());
  }

  void Json(std::string_view level, std::string_view context, std::string_view message, std::vector<Value> fields = {}) {
    Record record;
    record.format = RecordFormat::kJson;
    record.level = level;
    record.context = context;
    record.message = {Value::Type::kString, message};
    record.timestamp_ms = 1795338275310;
    record.fields = fields;
    matcher_->Apply(record);
  }

  void Text(std::string_view line) {
    Record record;
    record.message = {Value::Type::kString, line};
    record.line = line;
    matcher_->Apply(record);
  }

  // Series of the i-th family: labels → value (histograms: sum).
  std::map<std::string, double> Series(FamilyId family = 0) {
    std::map<std::string, double> series;
    store_->Visit(family, [&](const SeriesView& view) { series[std::string(view.labels)] = view.value; });
    return series;
  }

  using Expected = std::map<std::string, double>;

  FakeClock clock_;
  std::vector<RuleSpec> specs_;
  std::unique_ptr<RuleSet> rules_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Matcher> matcher_;
};

TEST_F(MatcherTest, CountsByLevelAndContext) {
  Load(R"(
rules:
  - name: messages
    when: {format: json}
    metrics: [{counter: m_total, help: h, labels: {level: $level, context: $context}}]
)");
  Json("log", "A", "x");
  Json("log", "A", "y");
  Json("warn", "", "z");
  Text("not json");
  EXPECT_EQ(Series(), (Expected{{R"(level="log",context="A")", 2}, {R"(level="warn",context="")", 1}}));
}

TEST_F(MatcherTest, OnlyRulesThatShowANumberWantIt) {
  const auto wanted = [this](const std::string& value) {
    Load("rules: [{name: r, when: {message: '^(?P<number>1)'}, metrics: [{gauge: g, help: h, value: " + value + "}]}]");
    return std::pair(rules_->numbers().pid, rules_->numbers().timestamp);
  };
  EXPECT_EQ(wanted("$number"), std::pair(false, false));
  EXPECT_EQ(wanted("$pid"), std::pair(true, false));
  EXPECT_EQ(wanted("$timestamp"), std::pair(false, true));
}

TEST_F(MatcherTest, CapturesBecomeLabelsAndValues) {
  Load(R"(
rules:
  - name: http
    when: {context: [Http, Other], level: debug, message: '^(?P<method>[A-Z]+) (?P<url>\S+) (?P<status>\d{3}) (?P<ms>\S+)ms'}
    metrics:
      - counter: requests_total
        help: h
        labels: {method: $method, route: '$url | route', class: '$status | status_class'}
      - histogram: duration_seconds
        help: h
        value: $ms | ms_to_seconds
        buckets: [0.01, 1]
)");
  Json("debug", "Http", "GET /api/assets/42?size=x 200 10.5ms");
  Json("debug", "Other", "GET /api/assets/43 404 2ms");
  Json("debug", "Http", "GET /api/assets/43 404 longms");
  Json("log", "Http", "GET /api/assets/42 200 10.5ms");
  Json("debug", "Else", "GET /api/assets/42 200 10.5ms");
  EXPECT_EQ(Series(0), (Expected{{R"(method="GET",route="/api/assets/:id",class="2xx")", 1},
                                 {R"(method="GET",route="/api/assets/:id",class="4xx")", 2}}));
  EXPECT_EQ(Series(1), (Expected{{"", 0.0125}}));
  EXPECT_EQ(matcher_->stats(0).matches, 3U);
  EXPECT_EQ(matcher_->stats(0).value_errors, 1U) << "\"long\" is no number";
}

TEST_F(MatcherTest, ConditionsOnFields) {
  Load(R"(
rules:
  - name: fields
    when: {fields: {req.method: GET, code: {matches: '^5(?P<rest>..)$'}, user: {exists: false}}}
    metrics: [{counter: f_total, help: h, labels: {rest: $rest, size: $.size}}]
)");
  ASSERT_EQ(rules_->field_paths(), (FieldPaths{"req.method", "user", "code", "size"}));
  const Value get{Value::Type::kString, "GET"};
  const Value code{Value::Type::kNumber, "503"};
  const Value size{Value::Type::kNumber, "12"};
  Json("log", "", "", {get, {}, code, size});
  Json("log", "", "", {get, {Value::Type::kNull, "null"}, code, size});
  Json("log", "", "", {get, {Value::Type::kString, "bob"}, code, size});
  Json("log", "", "", {get, {}, {}, size});
  EXPECT_EQ(Series(), (Expected{{R"(rest="03",size="12")", 2}}));
}

TEST_F(MatcherTest, NegativeIncrementsCountNothing) {
  Load(R"(
rules:
  - name: bytes
    when: {message: '^(\S+) (?P<bytes>\S+)$'}
    metrics: [{counter: bytes_total, help: h, value: $bytes}, {gauge: last_bytes, help: h, value: $bytes}]
)");
  Json("log", "", "sent 10");
  Json("log", "", "sent -3");
  Json("log", "", "sent NaN");
  EXPECT_EQ(Series(0), (Expected{{"", 10}}));
  EXPECT_EQ(Series(1), (Expected{{"", -3}}));
  EXPECT_EQ(matcher_->stats(0).value_errors, 3U);
}

TEST_F(MatcherTest, PrivateLabelValuesBecomeOther) {
  Load(R"(
rules:
  - name: contexts
    metrics: [{counter: c_total, help: h, labels: {context: $context}}]
  - name: owners
    when: {message: '^owner (?P<id>\S+)'}
    metrics: [{counter: o_total, help: h, labels: {user_id: $id}}]
)");
  Json("log", R"({"id":"8cadebb5-0000-4000-8000-000000000000"})", "x");
  Json("log", R"({"id":"9cadebb5-0000-4000-8000-000000000000"})", "x");
  Json("log", "Service", "owner 8cadebb5-0000-4000-8000-000000000000");
  Json("log", "Service", "owner bob");
  EXPECT_EQ(Series(0), (Expected{{R"(context="Service")", 2}, {R"(context="other")", 2}}));
  EXPECT_EQ(Series(1), (Expected{{R"(user_id="8cadebb5-0000-4000-8000-000000000000")", 1}, {R"(user_id="other")", 1}}));
  EXPECT_EQ(matcher_->replaced(PrivateKind::kDocument), 2U);
  EXPECT_EQ(matcher_->replaced(PrivateKind::kNotAUserId), 1U);
}

TEST_F(MatcherTest, TextAroundAPrivateValueDoesNotHideIt) {
  Load(R"(
rules:
  - name: glued
    when: {message: '^(?P<a>[^|]*)\|(?P<b>[^|]*)$'}
    metrics:
      - {counter: before_total, help: h, labels: {x: 'peer_$a'}}
      - {counter: after_total, help: h, labels: {x: '${a}_in'}}
      - {counter: two_total, help: h, labels: {x: '$a-$b'}}
)");
  const std::string_view privates[] = {"/home/alice", "2001:db8::1", "00:1a:2b:3c:4d:5e", R"({"a":1})", "photo.jpg", "alice@example.org"};
  for (const std::string_view value : privates) Json("log", "", std::string(value) + "|x");
  EXPECT_EQ(Series(0), (Expected{{R"(x="other")", 6}}));
  EXPECT_EQ(Series(1), (Expected{{R"(x="other")", 6}}));
  EXPECT_EQ(Series(2), (Expected{{R"(x="other")", 6}}));
  EXPECT_EQ(matcher_->replaced(PrivateKind::kIp), 6U) << "two records, three labels, once each";
  EXPECT_EQ(matcher_->replaced(PrivateKind::kDocument), 3U);
  Json("log", "", "x|/home/alice");
  Json("log", "", "10.0|.0.1");
  Json("log", "", "a|b");
  EXPECT_EQ(Series(0), (Expected{{R"(x="other")", 6}, {R"(x="peer_x")", 1}, {R"(x="peer_10.0")", 1}, {R"(x="peer_a")", 1}}));
  EXPECT_EQ(Series(2), (Expected{{R"(x="other")", 7}, {R"(x="10.0-.0.1")", 1}, {R"(x="a-b")", 1}}));
}

TEST_F(MatcherTest, PiecesThatMakeSomethingPrivateTogetherAreReplaced) {
  Load(R"(
rules:
  - name: joined
    when: {message: '^(?P<a>[^|]*)\|(?P<b>[^|]*)$'}
    metrics: [{counter: c_total, help: h, labels: {x: '$a.$b'}}]
)");
  Json("log", "", "10.0|0.1");
  Json("log", "", "1|2");
  EXPECT_EQ(Series(), (Expected{{R"(x="other")", 1}, {R"(x="1.2")", 1}}));
}

TEST_F(MatcherTest, FiltersDoNotHideAPrivateValue) {
  Load(R"(
rules:
  - name: filtered
    when: {message: '^(?P<a>.*)$'}
    metrics:
      - {counter: number_total, help: h, labels: {x: '$a | number'}}
      - {counter: uuid_total, help: h, labels: {x: '$a | uuid'}}
      - {counter: late_total, help: h, labels: {x: '$a | number | uuid'}}
      - {counter: enum_total, help: h, labels: {x: 'at $a | enum("at 10.0.0.1")'}}
)");
  const std::string uuid = "1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab";
  Json("log", "", "2001:db8::1");
  Json("log", "", "asset " + uuid + " 3");
  Json("log", "", uuid + " of 10.0.0.1");
  Json("log", "", "10.0.0.1");
  EXPECT_EQ(Series(0), (Expected{{R"(x="other")", 4}}));
  EXPECT_EQ(Series(1), (Expected{{R"(x="other")", 3}, {R"(x="asset :uuid 3")", 1}}))
      << "UUIDs are what the filter is for, and nothing else";
  EXPECT_EQ(Series(2), (Expected{{R"(x="other")", 4}})) << "number breaks the UUID up first";
  EXPECT_EQ(Series(3), (Expected{{R"(x="other")", 3}, {R"(x="at 10.0.0.1")", 1}})) << "enum is safe";
}

TEST_F(MatcherTest, WhatIsPrivateDoesNotDependOnWhatCameBefore) {
  const std::string yaml = R"(
rules:
  - name: filtered
    when: {message: '^(?P<a>.*)$'}
    metrics: [{counter: c_total, help: h, labels: {x: '$a | number'}}]
)";
  const Expected expected{{R"(x=":n")", 1}, {R"(x="other")", 1}};
  Load(yaml);
  Json("log", "", "5");
  Json("log", "", "10.0.0.1");
  EXPECT_EQ(Series(), expected);
  Load(yaml);
  Json("log", "", "10.0.0.1");
  Json("log", "", "5");
  EXPECT_EQ(Series(), expected);
}

TEST_F(MatcherTest, WhatExceedsTheBudgetStaysInTheSum) {
  Load(R"(
rules:
  - name: words
    when: {message: '^word (?P<word>\S+)'}
    max_series: 3
    metrics: [{counter: words_total, help: h, labels: {word: $word}}]
)");
  for (int round = 0; round < 2; ++round) {
    for (const char* word : {"word a", "word b", "word c", "word d", "word e"}) Json("log", "", word);
  }
  EXPECT_EQ(Series(), (Expected{{R"(word="a")", 2}, {R"(word="b")", 2}, {R"(word="c")", 2}, {R"(word="_overflow")", 4}}));
}

TEST_F(MatcherTest, GroupsThatAreOffAreNotThere) {
  GroupSet job;
  job.set(static_cast<size_t>(Group::kJob));
  Load(R"(
rules:
  - {name: a, group: api, metrics: [{counter: a_total, help: h}]}
  - {name: b, group: job, metrics: [{counter: b_total, help: h}]}
)",
       job);
  ASSERT_EQ(rules_->families().size(), 1U);
  EXPECT_EQ(rules_->families()[0].name, "b_total");
  EXPECT_EQ(rules_->families()[0].endpoint, Endpoint::kMicroservices);
}

TEST_F(MatcherTest, TextRecordsThatAreNoUtf8StillMatch) {
  Load(R"(
rules:
  - name: refused
    when: {format: text, message: '^Error: connect ECONNREFUSED (?P<where>\S+)'}
    metrics: [{counter: refused_total, help: h}]
)");
  Text("Error: connect ECONNREFUSED redis:6379");
  Text("Error: connect ECONNREFUSED redis\xFF");
  Text("\xFF");
  EXPECT_EQ(Series(), (Expected{{"", 2}}));
}

// The obvious way: every rule, every condition, RE2 alone.
bool HoldsPlainly(const ConditionSpec& condition, const Record& record) {
  const std::string_view text = condition.subject == ConditionSpec::Subject::kLevel     ? record.level
                                : condition.subject == ConditionSpec::Subject::kContext ? record.context
                                                                                        : record.message.text;
  if (condition.kind == ConditionSpec::Kind::kMatches) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), RE2(condition.values[0]));
  }
  if (condition.kind == ConditionSpec::Kind::kContains) return text.find(condition.values[0]) != std::string_view::npos;
  return std::find(condition.values.begin(), condition.values.end(), text) != condition.values.end();
}

TEST_F(MatcherTest, TheIndexFindsWhatTheObviousWayFinds) {
  std::mt19937 random(3);
  static const std::vector<std::string> kWhens = {"context: A",
                                                  "context: [A, B]",
                                                  "level: warn",
                                                  "message: 'failed'",
                                                  "message: '(\\w+) failed'",
                                                  "message: '^job (\\d+)'",
                                                  "message: {contains: 'took'}",
                                                  "message: 'fa|to'",
                                                  "context: B, message: 'job'",
                                                  "level: [log, warn], message: 'job \\d+ failed'",
                                                  "message: {is: 'job 1'}",
                                                  "format: text, message: 'job'",
                                                  "context: ''",
                                                  "message: 'e'"};
  std::string yaml = "rules:\n";
  for (size_t i = 0; i < kWhens.size(); ++i) {
    const std::string n = std::to_string(i);
    yaml += "  - {name: r" + n + ", when: {" + kWhens[i] + "}, metrics: [{counter: m" + n + "_total, help: h}]}\n";
  }
  Load(yaml);
  static const std::vector<std::string> kWords = {"job ", "1", " failed", "took ", "ms", "fa", "x", "to", "iled"};
  static const std::vector<std::string> kContexts = {"A", "B", "C", ""};
  std::vector<uint64_t> expected(specs_.size());
  for (int i = 0; i < 5000; ++i) {
    std::string message;
    for (size_t words = random() % 5; words > 0; --words) message += kWords[random() % kWords.size()];
    Record record;
    record.format = random() % 4 == 0 ? RecordFormat::kText : RecordFormat::kJson;
    record.message = {Value::Type::kString, message};
    if (record.format == RecordFormat::kJson) {
      record.context = kContexts[random() % kContexts.size()];
      record.level = random() % 2 == 0 ? "log" : "warn";
    }
    matcher_->Apply(record);
    for (size_t id = 0; id < specs_.size(); ++id) {
      bool holds = !specs_[id].format || *specs_[id].format == record.format;
      for (const ConditionSpec& condition : specs_[id].conditions) holds = holds && HoldsPlainly(condition, record);
      expected[id] += holds ? 1 : 0;
    }
  }
  for (size_t id = 0; id < specs_.size(); ++id) {
    EXPECT_EQ(matcher_->stats(static_cast<RuleId>(id)).matches, expected[id]) << kWhens[id];
    EXPECT_GT(expected[id], 0U) << kWhens[id];
  }
}

TEST_F(MatcherTest, SaysWhatIsNotToBeShipped) {
  Load(R"(
rules:
  - {name: noise, group: io, ship: false, when: {context: Noise}}
  - {name: counted, ship: false, when: {message: '^secret'}, metrics: [{counter: secrets_total, help: h}]}
  - {name: all, when: {message: 'e'}, metrics: [{counter: es_total, help: h}]}
)",
       GroupSet().set(IndexOf(Group::kApp)));
  const auto ships = [this](std::string_view context, std::string_view message) {
    Record record;
    record.format = RecordFormat::kJson;
    record.context = context;
    record.message = {Value::Type::kString, message};
    return matcher_->Apply(record);
  };
  EXPECT_FALSE(ships("Noise", "whatever")) << "although its group is off";
  EXPECT_FALSE(ships("Api", "secret things"));
  EXPECT_TRUE(ships("Api", "more things")) << "the record before is no reason";
  EXPECT_EQ(Series(0), (Expected{{"", 1}}));
}

}  // namespace
}  // namespace logmill
