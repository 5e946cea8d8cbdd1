#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "base/clock.h"
#include "daemon/commands.h"
#include "daemon/diagnostic_output.h"
#include "ingest/decoder.h"
#include "metrics/exposition.h"
#include "rules/explain.h"
#include "rules/matcher.h"
#include "rules/rule_file.h"

namespace logmill {
namespace {

std::string Shorten(std::string_view text) {
  constexpr size_t kWidth = 160;
  return text.size() <= kWidth ? std::string(text) : fmt::format("{}... ({} bytes)", text.substr(0, kWidth), text.size());
}

void PrintRecord(const Record& record) {
  if (record.format == RecordFormat::kText) {
    fmt::print("  a text record: message {}\n", QuoteEscaped(Shorten(record.message.text)));
    return;
  }
  fmt::print("  a JSON record: level {}, context {}, message {}\n", QuoteEscaped(record.level), QuoteEscaped(record.context),
             record.message.absent() ? "absent" : QuoteEscaped(Shorten(record.message.text)));
}

// What the rule alone makes of the record, as /metrics would show it.
void PrintSamples(const RuleSet& rules, const Record& record) {
  Store store(rules.families(), SystemClock());
  Matcher matcher(rules, store.AddShard());
  matcher.Apply(record);
  const std::string text = RenderExposition(&store, std::nullopt, {}, ExpositionFormat::kText).text;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    if (!line.starts_with('#') && !line.ends_with(" 0") && line.find("_bucket{") == std::string_view::npos) fmt::print("      {}\n", line);
    at = end + 1;
  }
  if (matcher.stats(0).value_errors > 0) {
    fmt::print("      a metric is skipped: its value is no finite number (or a counter's is negative)\n");
  }
  for (size_t kind = 1; kind < kPrivateKinds; ++kind) {
    if (matcher.replaced(static_cast<PrivateKind>(kind)) == 0) continue;
    fmt::print("      a label value looked like {} and became \"other\"\n", PrivateKindName(static_cast<PrivateKind>(kind)));
  }
}

void ExplainLine(const std::vector<RuleSpec>& specs, std::string_view line, const StreamOptions& options) {
  fmt::print("{}\n", Shorten(line));
  bool first = true;
  size_t matched = 0;
  for (const RuleSpec& spec : specs) {
    const RuleSet rules({spec}, kAllGroups);
    Decoder decoder({.format = options.format, .keys = options.keys, .fields = rules.field_paths()});
    Record record;
    const bool cut = line.size() > options.max_line_bytes;
    const Reject reject = decoder.Decode(line.substr(0, options.max_line_bytes), cut, &record);
    if (reject != Reject::kNone) {
      fmt::print("  rejected: {}\n", RejectName(reject));
      return;
    }
    if (first) PrintRecord(record);
    first = false;
    const Explanation explanation = Explain(rules, record);
    fmt::print("  {} {}\n", explanation.matches ? "MATCH" : "no   ", spec.name);
    for (const std::string& step : explanation.steps) fmt::print("      {}\n", Shorten(step));
    if (!explanation.matches) continue;
    ++matched;
    PrintSamples(rules, record);
  }
  fmt::print("{} of {} rules match\n", matched, specs.size());
}

}  // namespace

int RunExplain(const std::vector<std::string>& rules, const std::vector<std::string>& lines, const StreamOptions& options) {
  Diagnostics diagnostics;
  const auto specs = LoadRuleFiles(rules, diagnostics);
  PrintDiagnostics(diagnostics, stderr);
  if (diagnostics.has_errors()) return kExitNo;
  for (const std::string& line : lines) ExplainLine(specs, line, options);
  if (!lines.empty()) return kExitFine;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    ExplainLine(specs, line, options);
  }
  return kExitFine;
}

}  // namespace logmill
