// A stream counts every line once, wherever its bytes are cut and whenever another life goes on with it.
#include "daemon/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/store.h"
#include "rules/rule_file.h"
#include "shipping/spool_reader.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;

constexpr char kRules[] = R"(
rules:
  - name: words
    when: {message: '^\s*(?P<word>\S+)'}
    metrics: [{counter: words_total, help: h, labels: {word: $word}}]
)";

// Gives what was appended so far; positions are offsets in that.
class TextSource final : public Source {
 public:
  explicit TextSource(const std::string& text, uint64_t offset = 0) : text_(text), at_(offset) {}

  ReadResult Read(std::span<char> room) override {
    const size_t bytes = std::min(room.size(), text_.size() - at_);
    if (bytes == 0) return {};
    std::copy_n(text_.data() + at_, bytes, room.data());
    at_ += bytes;
    return {.status = ReadResult::Status::kData, .bytes = bytes, .error = {}};
  }
  [[nodiscard]] uint64_t LagBytes() const override { return text_.size() - at_; }
  bool Locate(uint64_t, Position*) override { return true; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  const std::string& text_;
  size_t at_;
  std::string name_ = "text";
};

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() { Load(kRules); }

  void Load(const std::string& rules) {
    Diagnostics diagnostics;
    rules_ = std::make_unique<RuleSet>(LoadRules(rules, "rules.yaml", diagnostics), kAllGroups);
    EXPECT_FALSE(diagnostics.has_errors());
    store_ = std::make_unique<Store>(rules_->families(), clock_);
    matcher_ = std::make_unique<Matcher>(*rules_, store_->AddShard());
  }

  void Open(StreamOptions options = {}) {
    context_ = std::make_unique<StreamContext>(std::move(options), *matcher_, ledger_, &clock_);
    stream_ = std::make_unique<Stream>(std::make_unique<TextSource>(text_), *context_);
  }
  // The program ends without a word, and another one goes on.
  void Restart() {
    Position position;
    ASSERT_TRUE(stream_->Locate(&position));
    stream_.reset();
    stream_ = std::make_unique<Stream>(std::make_unique<TextSource>(text_, position.offset), *context_);
    stream_->Resume(position);
  }
  void Write(const std::string& text) {
    text_ += text;
    Pump();
  }
  void Pump() {
    while (stream_->Pump() == Stream::Status::kProgress) {
    }
  }
  void Wait(std::chrono::milliseconds time) {
    clock_.Advance(time);
    Pump();
  }
  // First words of the records that were counted, each as "word=N".
  std::vector<std::string> Counted() {
    std::vector<std::string> counted;
    store_->Visit(0, [&](const SeriesView& series) {
      counted.push_back(std::string(series.labels) + "=" + std::to_string(static_cast<int>(series.value)));
    });
    EXPECT_TRUE(ledger_.Balanced());
    return counted;
  }
  using Words = std::vector<std::string>;

  FakeClock clock_;
  std::unique_ptr<RuleSet> rules_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Matcher> matcher_;
  Ledger ledger_;
  std::string text_;
  std::unique_ptr<StreamContext> context_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(StreamTest, LastLineWithoutNewlineCountsWhenNothingFollows) {
  Open();
  Write("one\ntwo");
  Wait(4999ms);
  EXPECT_EQ(Counted(), (Words{"word=\"one\"=1"}));
  Wait(1ms);
  EXPECT_EQ(Counted(), (Words{"word=\"one\"=1", "word=\"two\"=1"}));
}

TEST_F(StreamTest, TheNewlineOfACountedLineCountsNothing) {
  Open();
  Write("one");
  Wait(5000ms);
  Write("\ntwo\n");
  EXPECT_EQ(Counted(), (Words{"word=\"one\"=1", "word=\"two\"=1"}));
  EXPECT_EQ(ledger_.lines_read, 2U);
  EXPECT_EQ(ledger_.lines_skipped, 0U);
}

TEST_F(StreamTest, TheRestOfACountedLineIsSkippedAndSaidSo) {
  Open();
  Write("one");
  Wait(5000ms);
  Write(" and a half");
  Wait(5000ms);
  Write(", and more\ntwo\n");
  EXPECT_EQ(Counted(), (Words{"word=\"one\"=1", "word=\"two\"=1"}));
  EXPECT_EQ(ledger_.lines_skipped, 2U);
  EXPECT_EQ(ledger_.bytes_read, text_.size());
}

TEST_F(StreamTest, HalfAJsonLineWaitsForTheOtherHalf) {
  Open();
  Write(R"({"level":"log","message":"a)");
  Wait(1h);
  EXPECT_EQ(Counted(), Words());
  Write("b\"}");
  Wait(5000ms);
  EXPECT_EQ(Counted(), (Words{"word=\"ab\"=1"}));
  Write("\n");
  EXPECT_EQ(ledger_.records_json, 1U);
  EXPECT_EQ(ledger_.lines_read, 1U);
}

TEST_F(StreamTest, ALineThatGrowsSlowlyIsNotCutShort) {
  Open();
  for (const char letter : std::string("slow")) {
    Write(std::string(1, letter));
    Wait(3000ms);
  }
  Write("\n");
  EXPECT_EQ(Counted(), (Words{"word=\"slow\"=1"}));
}

TEST_F(StreamTest, ARestartInTheRestOfACountedLineSkipsTheRestToo) {
  Open();
  Write("one");
  Wait(5000ms);
  Restart();
  Write(" more\ntwo\n");
  EXPECT_EQ(Counted(), (Words{"word=\"one\"=1", "word=\"two\"=1"}));
}

// Cut at every byte; the life before and the one after count together what one life counts.
TEST_F(StreamTest, ARestartAtAnyByteCountsEveryLineOnce) {
  const std::string whole = "one\n{\"message\":\"two\"}\n\nError: three\n    at f (x.js:1:2)\n    at g\n{\"message\":\"four\"}\r\nfive\n";
  for (const bool joined : {false, true}) {
    for (size_t cut = 0; cut <= whole.size(); ++cut) {
      SCOPED_TRACE("cut at byte " + std::to_string(cut) + (joined ? ", joined" : ""));
      store_ = std::make_unique<Store>(rules_->families(), clock_);
      matcher_ = std::make_unique<Matcher>(*rules_, store_->AddShard());
      const uint64_t lines_before = ledger_.lines_read;
      text_.clear();
      StreamOptions options;
      options.join.enabled = joined;
      stream_.reset();
      Open(options);
      Write(whole.substr(0, cut));
      Restart();
      Write(whole.substr(cut));
      Wait(1000ms);
      EXPECT_EQ(ledger_.lines_read - lines_before, 8U);
      Words expected{"word=\"Error:\"=1", "word=\"five\"=1", "word=\"four\"=1", "word=\"one\"=1", "word=\"two\"=1"};
      if (!joined) expected.insert(expected.begin() + 1, "word=\"at\"=2");
      EXPECT_EQ(Counted(), expected);
    }
  }
}

TEST_F(StreamTest, WhatWaitsForMoreLinesIsInTheLedger) {
  StreamOptions options;
  options.join.enabled = true;
  Open(options);
  Write("Error: x\n    at f (x.js:1:2)\n");
  EXPECT_EQ(ledger_.lines_pending, 2U);
  EXPECT_EQ(ledger_.lines_read, 0U);
  Wait(1000ms);
  EXPECT_EQ(ledger_.lines_pending, 0U);
  EXPECT_EQ(ledger_.lines_read, 2U);
  EXPECT_EQ(ledger_.lines_joined, 1U);
}

TEST_F(StreamTest, LagIsTheTimeFromTheTimestampToNow) {
  Open();
  auto at = [&](int64_t ms) { return "{\"message\":\"m\",\"timestamp\":" + std::to_string(clock_.UnixMillis() - ms) + "}\n"; };
  Write(at(30) + at(10'000) + at(-1'000'000) + "no time\n");
  EXPECT_EQ(ledger_.lag.buckets[0], 1U);  // the third: its writer's clock is ahead
  EXPECT_EQ(ledger_.lag.buckets[1], 1U);  // the first
  EXPECT_EQ(ledger_.lag.buckets[6], 1U);  // the second
  EXPECT_EQ(ledger_.lag.sum_ms, 10'030U);
}

TEST_F(StreamTest, RulesGetTheNumbersThatTheyWant) {
  Load(R"(
rules:
  - name: numbers
    when: {format: json}
    metrics: [{gauge: last_pid, help: h, value: $pid}, {gauge: last_time, help: h, value: $timestamp}]
)");
  Open();
  Write("{\"pid\":36,\"timestamp\":1795338275310}\n");
  double pid = 0;
  double time = 0;
  store_->Visit(0, [&](const SeriesView& series) { pid = series.value; });
  store_->Visit(1, [&](const SeriesView& series) { time = series.value; });
  EXPECT_EQ(pid, 36);
  EXPECT_EQ(time, 1795338275310);
}

// The records of a stream, as they come out of the spool.
class ShippedStreamTest : public StreamTest {
 protected:
  ShippedStreamTest() {
    char name[] = "/tmp/logmill-stream-XXXXXX";
    folder_ = mkdtemp(name);
    auto spool = Spool::Open({.folder = folder_}, clock_);
    EXPECT_TRUE(spool) << spool.error();
    spool_ = std::move(*spool);
    Live(nullptr);
  }
  ~ShippedStreamTest() override {
    stream_.reset();
    intake_.reset();
    spool_.reset();
    std::filesystem::remove_all(folder_);
  }

  // `known`: what an earlier life has spooled.
  void Live(std::shared_ptr<const KnownRecords> known) {
    intake_ = std::make_unique<Intake>(IntakeOptions{.admission = {.filter = &filter_, .known = std::move(known)}}, *spool_);
  }
  void OpenShipped(StreamOptions options = {}) {
    context_ = std::make_unique<StreamContext>(std::move(options), *matcher_, ledger_, &clock_, intake_.get(), "gallery");
    stream_ = std::make_unique<Stream>(std::make_unique<TextSource>(text_), *context_);
    stream_->Identify(MakeOriginId("file"), false);
  }

  struct Shipped {
    std::string line;
    int64_t time_ns;
    RecordId id;
  };
  std::vector<Shipped> All() {
    intake_->Settle();
    SpoolReader reader(*spool_, 1);
    ShipBatch batch;
    while (reader.Next(batch)) {
    }
    std::vector<Shipped> all;
    for (const ShipRecord& record : batch.records()) all.push_back({std::string(record.line), record.time_ns, record.id});
    return all;
  }
  Words Lines() {
    Words lines;
    for (const Shipped& record : All()) lines.push_back(record.line);
    return lines;
  }

  std::string folder_;
  ShipFilter filter_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Intake> intake_;
};

TEST_F(ShippedStreamTest, EveryRecordIsShippedAsItWasLogged) {
  OpenShipped();
  Write("{\"level\":\"log\",\"timestamp\":1795338275007,\"message\":\"one\"}\n");
  Write("a text\n");
  EXPECT_EQ(Lines(), (Words{"{\"level\":\"log\",\"timestamp\":1795338275007,\"message\":\"one\"}", "a text"}));
  EXPECT_EQ(All()[0].time_ns, 1795338275007'000'000);
  EXPECT_EQ(All()[1].time_ns, clock_.UnixMillis() * 1'000'000) << "a text has the time of its reading";
}

TEST_F(ShippedStreamTest, EqualLinesAreDifferentRecords) {
  OpenShipped();
  Write("same\nsame\nsame\n");
  const auto all = All();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_NE(all[0].id, all[1].id);
  EXPECT_NE(all[1].id, all[2].id);
  EXPECT_LT(all[0].time_ns, all[1].time_ns);
  EXPECT_LT(all[1].time_ns, all[2].time_ns);
}

TEST_F(ShippedStreamTest, WhatWasSpooledBeforeACrashIsNotSpooledAgain) {
  OpenShipped();
  Write("one\n");
  Position checkpoint;
  ASSERT_TRUE(stream_->Locate(&checkpoint));
  const uint64_t spooled = intake_->Settle();
  Write("two\nthree\n");
  intake_->Settle();
  // Another life reads on from the checkpoint, and more came in between.
  text_ += "four\n";
  stream_.reset();
  Live(std::make_shared<KnownRecords>(spool_->IdsFrom(spooled, 1000)));
  OpenShipped();
  context_->set_catching_up(true);
  stream_ = std::make_unique<Stream>(std::make_unique<TextSource>(text_, checkpoint.offset), *context_);
  stream_->Resume(checkpoint);
  Pump();
  EXPECT_EQ(Lines(), (Words{"one", "two", "three", "four"}));
  EXPECT_EQ(intake_->counts().known, 2U);
}

TEST_F(ShippedStreamTest, ABlockOfLinesIsOneRecordWithTheIdOfItsFirst) {
  StreamOptions options;
  options.join.enabled = true;
  OpenShipped(options);
  Write("Error: x\n    at y\n");
  Position checkpoint;
  ASSERT_TRUE(stream_->Locate(&checkpoint));
  Wait(1s);
  const auto first = All();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].line, "Error: x\n    at y");
  // The life that read the first lines is over; the next one completes them.
  stream_ = std::make_unique<Stream>(std::make_unique<TextSource>(text_, checkpoint.offset), *context_);
  stream_->Resume(checkpoint);
  Pump();
  Wait(1s);
  const auto both = All();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].id, first[0].id);
}

}  // namespace
}  // namespace logmill
