// A file counted in parts gives what the file counted as a whole gives, wherever the parts begin.
#include "daemon/replay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "metrics/exposition.h"
#include "rules/rule_file.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

constexpr char kRules[] = R"(
rules:
  - name: words
    when: {message: '^(?P<word>\S+) (?P<n>[\d.]+)'}
    max_series: 8
    metrics:
      - {counter: words_total, help: h, labels: {word: $word}}
      - {counter: sum_total, help: h, value: $n}
      - {gauge: last_n, help: h, value: $n}
      - {histogram: n, help: h, value: $n, buckets: [1, 10], labels: {word: $word}}
  - name: all
    metrics: [{counter: all_total, help: h, labels: {format: $format}}]
)";

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    char name[] = "/tmp/logmill-replay-XXXXXX";
    folder_ = mkdtemp(name);
    Diagnostics diagnostics;
    rules_ = std::make_unique<RuleSet>(LoadRules(kRules, "rules.yaml", diagnostics), kAllGroups);
    EXPECT_FALSE(diagnostics.has_errors());
  }
  ~ReplayTest() override { std::filesystem::remove_all(folder_); }

  struct Result {
    std::string page;
    std::array<uint64_t, 6> ledger;
    std::vector<uint64_t> matches;
    bool operator==(const Result&) const = default;
  };

  Result Count(const std::string& text, unsigned threads, uint64_t part_bytes) {
    const std::string path = folder_ + "/a.log";
    std::ofstream(path, std::ios::binary) << text;
    Store store(rules_->families(), clock_);
    ReplayOptions options;
    options.inputs = {path};
    options.threads = threads;
    options.part_bytes = part_bytes;
    options.stream.max_line_bytes = 100;
    Replay replay(*rules_, store, std::move(options));
    EXPECT_TRUE(replay.Run().empty());
    const Ledger& ledger = replay.ledger();
    EXPECT_EQ(ledger.bytes_read, text.size());
    uint64_t rejected = 0;
    for (const auto& count : ledger.rejected) rejected += count;
    EXPECT_EQ(ledger.lines_read, ledger.records_json + ledger.records_text + rejected);
    return {RenderExposition(&store, std::nullopt, {}, ExpositionFormat::kText).text,
            {ledger.bytes_read, ledger.lines_read, ledger.records_json, ledger.records_text, ledger.lines_cut, rejected},
            replay.matches()};
  }

  std::string RandomLog(std::mt19937& random, unsigned words) {
    std::string text;
    const size_t lines = random() % 60;
    for (size_t i = 0; i < lines; ++i) {
      const std::string message =
          "w" + std::to_string(random() % words) + " " + std::to_string(random() % 1000) + "." + std::to_string(random() % 10);
      switch (random() % 8) {
        case 0:
          text += message;
          break;
        case 1:
          text += "{\"message\":\"cut";
          break;
        case 2:
          text += std::string(random() % 300, 'x');
          break;
        case 3:
          break;
        default:
          text += R"({"level":"log","message":")" + message + "\"}";
      }
      text += random() % 5 == 0 ? "\r\n" : "\n";
    }
    if (random() % 2 == 0) text += "last 1";
    return text;
  }

  FakeClock clock_;
  std::string folder_;
  std::unique_ptr<RuleSet> rules_;
};

TEST_F(ReplayTest, PartsGiveTheWhole) {
  std::mt19937 random(6);
  for (int i = 0; i < 40; ++i) {
    const std::string text = RandomLog(random, 5);
    const Result whole = Count(text, 1, 1);
    for (const uint64_t part : {uint64_t{1}, uint64_t{7}, uint64_t{64}, uint64_t{500}}) {
      ASSERT_EQ(Count(text, 1 + static_cast<unsigned>(random() % 4), part), whole) << "parts of " << part << " of: " << text;
    }
  }
}

TEST_F(ReplayTest, PartsGiveTheWholeWhenABudgetOverflows) {
  std::mt19937 random(7);
  int overflowed = 0;
  for (int i = 0; i < 150; ++i) {
    const std::string text = RandomLog(random, 20);
    const Result whole = Count(text, 1, 1);
    overflowed += whole.page.find("_overflow") != std::string::npos ? 1 : 0;
    for (const uint64_t part : {uint64_t{7}, uint64_t{200}, uint64_t{1000}}) {
      ASSERT_EQ(Count(text, 3, part), whole) << "parts of " << part << " of: " << text;
    }
  }
  EXPECT_GT(overflowed, 50);
}

}  // namespace
}  // namespace logmill
