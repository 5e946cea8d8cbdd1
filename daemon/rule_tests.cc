#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "daemon/commands.h"
#include "daemon/diagnostic_output.h"
#include "daemon/sample_text.h"
#include "ingest/decoder.h"
#include "metrics/exposition.h"
#include "rules/matcher.h"
#include "rules/rule_file.h"

namespace logmill {
namespace {

// One rule alone, fed with the lines of one test.
class Trial {
 public:
  explicit Trial(const RuleSpec& rule)
      : rules_({rule}, kAllGroups), store_(rules_.families(), SystemClock()), matcher_(rules_, store_.AddShard()) {}

  void Feed(const std::vector<std::string>& lines) {
    Decoder::Options options;
    options.fields = rules_.field_paths();
    Decoder decoder(std::move(options));
    for (const std::string& line : lines) {
      Record record;
      if (decoder.Decode(line, false, &record) == Reject::kNone) matcher_.Apply(record);
    }
  }

  [[nodiscard]] uint64_t matches() const { return matcher_.stats(0).matches; }

  [[nodiscard]] std::vector<SampleText> Samples() const {
    const std::string text = RenderExposition(&store_, std::nullopt, {}, ExpositionFormat::kText).text;
    std::vector<SampleText> samples;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      if (auto sample = ParseSample(std::string_view(text).substr(at, end - at))) samples.push_back(std::move(*sample));
      at = end + 1;
    }
    return samples;
  }

 private:
  RuleSet rules_;
  Store store_;
  Matcher matcher_;
};

std::string Describe(const SampleText& sample) {
  std::string labels;
  for (const auto& [name, value] : sample.labels) labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", name, value);
  return fmt::format("{}{{{}}} {}", sample.name, labels, sample.value);
}

// What went otherwise than the test says; empty: passed.
std::vector<std::string> RunTest(const RuleSpec& rule, const RuleTestSpec& test) {
  Trial trial(rule);
  trial.Feed(test.lines);
  if (test.expect.empty()) {
    return trial.matches() == 0 ? std::vector<std::string>() : std::vector<std::string>{"the rule matches, and should not"};
  }
  if (trial.matches() == 0) return {"the rule does not match (logmill explain says why)"};
  std::vector<std::string> failures;
  const auto samples = trial.Samples();
  for (const std::string& text : test.expect) {
    const auto wanted = ParseSample(text);
    if (!wanted) {
      failures.push_back(fmt::format("not a sample: {}", text));
      continue;
    }
    if (std::find(samples.begin(), samples.end(), *wanted) != samples.end()) continue;
    std::string failure = fmt::format("expected {}, got", text);
    for (const SampleText& sample : samples) {
      if (sample.name == wanted->name) failure += "\n      " + Describe(sample);
    }
    failures.push_back(samples.empty() ? failure + " nothing" : failure);
  }
  return failures;
}

}  // namespace

int RunRuleTests(const std::vector<std::string>& files) {
  Diagnostics diagnostics;
  std::vector<RuleSpec> rules;
  for (const std::string& file : files) std::ranges::move(LoadRuleFiles({file}, diagnostics), std::back_inserter(rules));
  PrintDiagnostics(diagnostics, stderr);
  if (diagnostics.has_errors()) return kExitNo;
  size_t passed = 0;
  size_t failed = 0;
  size_t untested = 0;
  for (const RuleSpec& rule : rules) {
    if (rule.tests.empty()) ++untested;
    for (const RuleTestSpec& test : rule.tests) {
      const auto failures = RunTest(rule, test);
      ++(failures.empty() ? passed : failed);
      for (const std::string& failure : failures) {
        fmt::print("{}\n", Format({Severity::kError, test.place, fmt::format("{}: {}", rule.name, failure)}));
      }
    }
  }
  fmt::print("{} rules, {} of them without a test\n{} passed, {} failed\n", rules.size(), untested, passed, failed);
  return failed == 0 ? kExitFine : kExitNo;
}

}  // namespace logmill
