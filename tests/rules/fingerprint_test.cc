#include "rules/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/rule_file.h"
#include "rules/rule_set.h"

namespace logmill {
namespace {

using testing::IsEmpty;

constexpr char kRules[] = R"(
rules:
  - name: requests
    group: api
    when:
      context: [Api, Web]
      level: {not: [debug]}
      message: '^(?P<method>[A-Z]+) (?P<url>\S+) (?P<ms>[\d.]+)ms'
      fields: {a.b: {exists: true}, c: {contains: x}}
    metrics:
      - counter: requests_total
        help: Requests.
        labels: {method: $method, route: '$url | route'}
      - histogram: duration_ms
        help: How long.
        value: $ms
        buckets: [1, 2.5, 10]
    max_series: 100
  - name: other
    group: job
    when: {context: Jobs}
    metrics:
      - {counter: jobs_total, help: Jobs.}
)";

uint64_t FingerprintOf(const std::string& text, const std::string& metric, GroupSet groups = kAllGroups) {
  Diagnostics diagnostics;
  const auto specs = LoadRules(text, "rules.yaml", diagnostics);
  for (const Diagnostic& entry : diagnostics.entries()) EXPECT_NE(entry.severity, Severity::kError) << Format(entry);
  const RuleSet rules(specs, groups);
  EXPECT_EQ(rules.fingerprints().size(), rules.families().size());
  for (size_t i = 0; i < rules.families().size(); ++i) {
    if (rules.families()[i].name == metric) return rules.fingerprints()[i];
  }
  ADD_FAILURE() << "no metric " << metric;
  return 0;
}

// kRules with one place changed.
std::string With(const std::string& from, const std::string& to) {
  std::string text = kRules;
  const size_t at = text.find(from);
  if (at == std::string::npos) ADD_FAILURE() << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Fingerprint, IsTheSameInEveryRunVersionAndPlace) {
  // Should one of these fail, every counter of every user begins at zero with the next version.
  EXPECT_EQ(StableHash(""), 0x2180a92350d49cceu);
  EXPECT_EQ(FingerprintOf(kRules, "requests_total"), 0x63acfa82b022686fu);
  EXPECT_EQ(FingerprintOf(kRules, "duration_ms"), 0xfb0312c1f7688b7cu);
  EXPECT_EQ(FingerprintOf(kRules, "jobs_total"), 0x7f29799e614b4c75u);
}

TEST(Fingerprint, ChangesWithEverythingThatDecidesWhatIsCounted) {
  const uint64_t requests = FingerprintOf(kRules, "requests_total");
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"[Api, Web]", "[Api, Ui]"},
           {"[Api, Web]", "[Api]"},
           {"level: {not: [debug]}", "level: [debug]"},
           {"      level: {not: [debug]}\n", ""},
           {"(?P<url>\\S+)", "(?P<url>\\w+)"},
           {"a.b", "a.d"},
           {"exists: true", "exists: false"},
           {"contains: x", "is: x"},
           {"method: $method", "method: '$method | lower'"},
           {"method: $method", "verb: $method"},
           {"$url | route", "$url | route | lower"},
           {"$url | route", "${url}x | route"},
           {"when:\n      context", "when:\n      format: json\n      context"},
           {"labels: {method", "labels: {level: $level, method"},
           {"when: {context: Jobs}\n    metrics:",
            "when: {context: Jobs}\n    metrics:\n"
            "      - {counter: requests_total, help: Requests., labels: {method: x, route: y}}"},
       }) {
    std::string text = With(from, to);
    if (text.find("{counter: requests_total") != std::string::npos) text.replace(text.find("group: job"), 10, "group: api");
    EXPECT_NE(FingerprintOf(text, "requests_total"), requests) << from << " -> " << to;
  }
  EXPECT_NE(FingerprintOf(With("[1, 2.5, 10]", "[1, 2.5, 11]"), "duration_ms"), FingerprintOf(kRules, "duration_ms"));
  EXPECT_NE(FingerprintOf(With("value: $ms", "value: '${ms}0'"), "duration_ms"), FingerprintOf(kRules, "duration_ms"));
  EXPECT_NE(FingerprintOf(With("counter: jobs_total", "gauge: jobs_total, value: $pid"), "jobs_total"),
            FingerprintOf(kRules, "jobs_total"));
}

TEST(Fingerprint, StaysWhateverElseChanges) {
  const uint64_t requests = FingerprintOf(kRules, "requests_total");
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"name: requests", "name: http"},
           {"Requests.", "What was asked for."},
           {"max_series: 100", "max_series: 7"},
           {"\nrules:", "# A comment.\n\nrules:"},
           {"[Api, Web]", "[Web, Api]"},
           {"{a.b: {exists: true}, c: {contains: x}}", "{c: {contains: x}, a.b: {exists: true}}"},
           {"context: Jobs", "context: Work"},
           {"[1, 2.5, 10]", "[3, 4]"},
           {"rules:\n", "rules:\n  - {name: first, group: app, when: {context: X}, metrics: [{counter: x_total, help: X.}]}\n"},
       }) {
    EXPECT_EQ(FingerprintOf(With(from, to), "requests_total"), requests) << from << " -> " << to;
  }
}

TEST(Fingerprint, RulesOfGroupsThatAreOffDoNotCount) {
  std::string text = kRules;
  text += "  - {name: second, group: app, when: {context: Web}, metrics: [{counter: jobs_total, help: Jobs.}]}\n";
  text.replace(text.find("group: job"), 10, "group: api");
  GroupSet api;
  api.set(static_cast<size_t>(Group::kApi));
  EXPECT_NE(FingerprintOf(text, "jobs_total"), FingerprintOf(text, "jobs_total", api));
  EXPECT_EQ(FingerprintOf(kRules, "jobs_total"), FingerprintOf(text, "jobs_total", api));
}

TEST(Fingerprint, TextsDoNotRunIntoEachOther) {
  const auto rule = [](const std::string& values) {
    return "rules: [{name: a, when: {context: " + values + "}, metrics: [{counter: a_total, help: A.}]}]";
  };
  EXPECT_NE(FingerprintOf(rule("[ab, c]"), "a_total"), FingerprintOf(rule("[a, bc]"), "a_total"));
  EXPECT_NE(FingerprintOf(rule("['1:a']"), "a_total"), FingerprintOf(rule("[a]"), "a_total"));
}

}  // namespace
}  // namespace logmill
