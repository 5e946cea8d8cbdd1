#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "daemon/commands.h"
#include "daemon/diagnostic_output.h"
#include "daemon/replay.h"
#include "metrics/exposition.h"
#include "rules/rule_file.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;

// A line on stderr that is drawn again while the replay works; nothing unless stderr is a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(const ReplayProgress& progress) : progress_(progress) {
    if (isatty(STDERR_FILENO) == 1) thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }

 private:
  void Run(std::stop_token stop) {
    const auto start = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    bool drawn = false;
    while (!wake.wait_for(lock, stop, 200ms, [&] { return stop.stop_requested(); })) {
      Draw(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      drawn = true;
    }
    if (drawn) fmt::print(stderr, "\r\x1b[K");
  }

  void Draw(double seconds) const {
    constexpr double kMega = 1e6;
    constexpr int kWidth = 30;
    const auto done = static_cast<double>(progress_.bytes_done.load(std::memory_order_relaxed));
    const auto total = static_cast<double>(progress_.bytes_total.load(std::memory_order_relaxed));
    if (total <= 0) {
      fmt::print(stderr, "\r\x1b[K{:.0f} MB, {:.0f} MB/s", done / kMega, done / kMega / seconds);
      return;
    }
    const double part = std::min(1.0, done / total);
    const std::string bar(static_cast<size_t>(part * kWidth), '#');
    const double left = part > 0 ? seconds / part - seconds : 0;
    fmt::print(stderr, "\r\x1b[K[{:<{}}] {:3.0f} %  {:.0f} of {:.0f} MB, {:.0f} MB/s, {:.0f} s left", bar, kWidth, part * 100, done / kMega,
               total / kMega, done / kMega / seconds, left);
  }

  const ReplayProgress& progress_;
  std::jthread thread_;
};

void PrintSummary(const Replay& replay, const RuleSet& rules) {
  const Ledger& ledger = replay.ledger();
  fmt::print(stderr, "{} lines ({} bytes): {} json, {} text", ledger.lines_read, ledger.bytes_read, ledger.records_json,
             ledger.records_text);
  if (ledger.records_console > 0) fmt::print(stderr, ", {} console", ledger.records_console);
  if (ledger.lines_joined > 0) fmt::print(stderr, ", {} joined", ledger.lines_joined);
  uint64_t rejected = 0;
  for (size_t i = 1; i < ledger.rejected.size(); ++i) {
    const uint64_t count = ledger.rejected[i];
    rejected += count;
    if (count > 0) fmt::print(stderr, ", {} rejected: {}", count, RejectName(static_cast<Reject>(i)));
  }
  if (rejected == 0) fmt::print(stderr, ", 0 rejected");
  if (ledger.lines_cut > 0) fmt::print(stderr, ", {} cut", ledger.lines_cut);
  fmt::print(stderr, "\n");
  for (RuleId id = 0; id < rules.rules().size(); ++id) {
    if (replay.value_errors()[id] == 0) continue;
    fmt::print(stderr, "rule {}: {} values were no finite number (or negative) and counted nothing\n", rules.rules()[id].name,
               replay.value_errors()[id]);
  }
}

// What became of every line: the sum of all but the first two and the last is the number of lines.
void PrintLedger(const Ledger& ledger) {
  auto row = [](std::string_view what, uint64_t count) { fmt::print(stderr, "{:<28} {:>14}\n", what, count); };
  row("bytes read", ledger.bytes_read);
  row("lines read", ledger.lines_read);
  row("  records, json", ledger.records_json);
  row("  records, text", ledger.records_text);
  row("  records, console", ledger.records_console);
  row("  joined to another line", ledger.lines_joined);
  for (size_t i = 1; i < ledger.rejected.size(); ++i) {
    row(fmt::format("  rejected, {}", RejectName(static_cast<Reject>(i))), ledger.rejected[i]);
  }
  row("of these cut at the limit", ledger.lines_cut);
  fmt::print(stderr, "{}\n", ledger.Balanced() ? "balanced: every line is accounted for" : "NOT BALANCED: this is a bug of logmill");
}

}  // namespace

int RunReplay(const ReplayCommand& command) {
  Diagnostics diagnostics;
  const auto specs = LoadRuleFiles(command.rules, diagnostics);
  PrintDiagnostics(diagnostics, stderr);
  if (diagnostics.has_errors()) return kExitNo;
  const RuleSet rules(specs, kAllGroups);
  Store store(rules.families(), SystemClock());
  ReplayOptions options;
  options.inputs = command.logs.empty() ? std::vector<std::string>{"-"} : command.logs;
  options.threads = command.threads > 0 ? command.threads : std::max(1U, std::thread::hardware_concurrency());
  options.stream = command.stream;
  Replay replay(rules, store, std::move(options));
  std::vector<std::string> errors;
  {
    const ProgressBar bar(replay.progress());
    errors = replay.Run();
  }
  const auto format = command.openmetrics ? ExpositionFormat::kOpenMetrics : ExpositionFormat::kText;
  const std::string text = RenderExposition(&store, std::nullopt, {}, format).text;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (command.ledger) PrintLedger(replay.ledger());
  if (!command.quiet) PrintSummary(replay, rules);
  for (const std::string& error : errors) fmt::print(stderr, "logmill: {}\n", error);
  if (!written) fmt::print(stderr, "logmill: cannot write the metrics to stdout\n");
  return errors.empty() && written ? kExitFine : kExitNo;
}

}  // namespace logmill
