// A container's log that is rotated between the parts of a line: the old file's stream and the new one's count the line once.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/stream.h"
#include "metrics/store.h"
#include "rules/rule_file.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using Status = ReadResult::Status;

constexpr char kRules[] = R"(
rules:
  - name: texts
    when: {message: '(?s)^(?P<text>.*)$'}
    metrics: [{counter: texts_total, help: h, labels: {text: $text}}]
)";

// What a test says about a file, while it is read.
struct File {
  std::string text = {};
  size_t at = 0;
  Status at_end = Status::kIdle;
  bool truncated = false;
  uint64_t lost = 0;
  uint64_t hidden = 0;  // bytes that are looked for
  bool found = true;
  bool was_open = true;
  std::chrono::nanoseconds since_written{0};
  std::string late = {};  // comes while another one is read:
  File* while_read = nullptr;
};

class FileSource final : public Source {
 public:
  explicit FileSource(File& file) : file_(file) {}

  ReadResult Read(std::span<char> room) override {
    const size_t bytes = std::min(room.size(), file_.text.size() - file_.at);
    if (bytes == 0)
      return {
          .status = file_.at_end, .truncated = file_.truncated, .lost = file_.lost, .error = file_.at_end == Status::kError ? "EIO" : ""};
    std::copy_n(file_.text.data() + file_.at, bytes, room.data());
    file_.at += bytes;
    if (file_.while_read != nullptr) file_.while_read->text += std::exchange(file_.while_read->late, {});
    return {.status = Status::kData, .bytes = bytes, .error = {}};
  }
  [[nodiscard]] uint64_t LagBytes() const override { return file_.text.size() - file_.at + file_.hidden; }
  bool Locate(uint64_t, Position* position) override {
    position->file.id.inode = file_.was_open ? 1 : 0;
    return true;
  }
  [[nodiscard]] bool found() const override { return file_.found; }
  [[nodiscard]] std::chrono::nanoseconds SinceWritten() const override { return file_.since_written; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  File& file_;
  const std::string name_ = "file";
};

std::string Part(const std::string& text, const std::string& stream = "stdout") {
  return "2026-11-22T09:24:30.1Z " + stream + " P " + text + "\n";
}
std::string End(const std::string& text, const std::string& stream = "stdout") {
  return "2026-11-22T09:24:30.1Z " + stream + " F " + text + "\n";
}

class StreamFollowingTest : public ::testing::Test {
 protected:
  StreamFollowingTest() {
    Diagnostics diagnostics;
    rules_ = std::make_unique<RuleSet>(LoadRules(kRules, "rules.yaml", diagnostics), kAllGroups);
    EXPECT_FALSE(diagnostics.has_errors());
    Begin();
  }

  std::unique_ptr<Stream> Open(File& file) { return std::make_unique<Stream>(std::make_unique<FileSource>(file), *context_); }
  // The program ends without a word, and another one goes on.
  void Restart() {
    Position old_position;
    Position new_position;
    ASSERT_TRUE(old_->Locate(&old_position));
    ASSERT_TRUE(new_->Locate(&new_position));
    ledger_.lines_pending = 0;
    GoOn(&old_, old_file_, old_position);
    GoOn(&new_, new_file_, new_position);
    new_->Follow(*old_);
  }
  void GoOn(std::unique_ptr<Stream>* stream, File& file, const Position& position) {
    *stream = Open(file);
    (*stream)->Resume(position);
    file.at = position.offset;
  }
  // Nothing was read or counted so far.
  void Begin() {
    old_.reset();
    new_.reset();
    store_ = std::make_unique<Store>(rules_->families(), clock_);
    matcher_ = std::make_unique<Matcher>(*rules_, store_->AddShard());
    ledger_ = {};
    context_ =
        std::make_unique<StreamContext>(StreamOptions{.framing = Framing::kCri, .join = {}, .keys = {}}, *matcher_, ledger_, &clock_);
    old_file_ = {};
    new_file_ = {};
    old_ = Open(old_file_);
    new_ = Open(new_file_);
  }
  static Stream::Status Pump(Stream& stream) {
    Stream::Status status = Stream::Status::kProgress;
    while (status == Stream::Status::kProgress) status = stream.Pump();
    return status;
  }
  // Texts that were counted, each as "text=N"; all lines are accounted for.
  std::vector<std::string> Counted() {
    std::vector<std::string> counted;
    store_->Visit(0, [&](const SeriesView& series) {
      const std::string labels(series.labels);
      counted.push_back(labels.substr(6, labels.size() - 7) + "=" + std::to_string(static_cast<int>(series.value)));
    });
    EXPECT_TRUE(ledger_.Balanced());
    return counted;
  }
  using Texts = std::vector<std::string>;

  FakeClock clock_;
  std::unique_ptr<RuleSet> rules_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Matcher> matcher_;
  Ledger ledger_;
  std::unique_ptr<StreamContext> context_;
  File old_file_;
  File new_file_;
  std::unique_ptr<Stream> old_;
  std::unique_ptr<Stream> new_;
};

TEST_F(StreamFollowingTest, ALineGoesOnInTheNewFile) {
  old_file_.text = End("one") + Part("tw");
  new_file_.text = End("o") + End("three");
  ASSERT_TRUE(new_->Follow(*old_));
  EXPECT_TRUE(new_->held_back());
  old_file_.since_written = kHandOverTime;
  Pump(*old_);
  EXPECT_FALSE(new_->held_back());
  EXPECT_EQ(ledger_.lines_pending, 1U);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"one=1", "three=1", "two=1"}));
  EXPECT_EQ(ledger_.lines_read, 4U);
  EXPECT_EQ(ledger_.lines_joined, 1U);
  EXPECT_EQ(ledger_.lines_pending, 0U);
}

TEST_F(StreamFollowingTest, EveryStreamInsideGoesOnByItself) {
  old_file_ = {.text = Part("a") + Part("x", "stderr"), .since_written = 1s};
  new_file_.text = End("z") + End("b") + Part("y", "stderr") + End("z", "stderr");
  new_->Follow(*old_);
  Pump(*old_);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"az=1", "b=1", "xyz=1"}));
}

TEST_F(StreamFollowingTest, IsHeldBackUntilTheOldFileIsAtRest) {
  old_file_.text = Part("a");
  new_file_.text = End("c");
  Pump(*old_);
  new_->Follow(*old_);
  EXPECT_TRUE(new_->held_back()) << "it was at its end before another one followed";
  old_file_.since_written = kHandOverTime - 1ns;
  Pump(*old_);
  EXPECT_TRUE(new_->held_back());
  old_file_.text += Part("b");
  old_file_.since_written = 0ns;
  Pump(*old_);
  EXPECT_TRUE(new_->held_back());
  old_file_.since_written = kHandOverTime;
  Pump(*old_);
  EXPECT_FALSE(new_->held_back());
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1"}));
}

// The program stood still, while the writer wrote to the old file and went on in the new one.
TEST_F(StreamFollowingTest, WhatTheOldFileGotWhileNobodyLookedIsReadFirst) {
  old_file_ = {.text = Part("a"), .since_written = 1s};
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_FALSE(new_->held_back());
  old_file_.text += Part("b");
  new_file_.text = End("c");
  EXPECT_TRUE(new_->held_back());
  Pump(*old_);
  EXPECT_FALSE(new_->held_back());
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1"}));
}

TEST_F(StreamFollowingTest, WhatTheOldFileGotBeforeTheNewOneWasReadIsReadFirst) {
  old_file_ = {.text = Part("a"), .since_written = 1s};
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_FALSE(new_->held_back());
  old_file_.late = Part("b");
  new_file_.text = End("c");
  new_file_.while_read = &old_file_;
  EXPECT_EQ(Pump(*new_), Stream::Status::kHeldBack);
  EXPECT_EQ(Pump(*new_), Stream::Status::kHeldBack);
  EXPECT_EQ(Counted(), Texts());
  Position position;
  new_->Locate(&position);
  EXPECT_EQ(position.offset, 0U) << "nothing of it is counted";
  Pump(*old_);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1"}));
}

TEST_F(StreamFollowingTest, WhatWasReadTooEarlyIsTakenWhenTheOldFileEnds) {
  old_file_ = {.text = Part("a"), .since_written = 1s};
  new_->Follow(*old_);
  Pump(*old_);
  old_file_.late = Part("b");
  old_file_.at_end = Status::kEnd;
  new_file_.text = End("c") + End("d");
  new_file_.while_read = &old_file_;
  Pump(*new_);
  Pump(*old_);
  old_.reset();
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1", "d=1"}));
}

TEST_F(StreamFollowingTest, AnOldFileThatCannotBeReadHoldsBackForAWhile) {
  old_file_ = {.text = Part("a"), .at_end = Status::kError, .hidden = 9};
  new_file_.text = End("b");
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_TRUE(new_->held_back());
  clock_.Advance(kQuietTime);
  Pump(*old_);
  EXPECT_FALSE(new_->held_back());
}

TEST_F(StreamFollowingTest, IsNotHeldBackForEver) {
  new_file_.text = End("new");
  new_->Follow(*old_);
  Pump(*old_);
  for (int i = 0; i < 10; ++i) {  // half a line, a clock that is wrong, a writer that does not stop
    EXPECT_TRUE(new_->held_back());
    clock_.Advance(kQuietTime / 10);
    old_file_.text += "2026";
    Pump(*old_);
  }
  EXPECT_FALSE(new_->held_back());
}

TEST_F(StreamFollowingTest, HalfALineHoldsTheNewFileBack) {
  old_file_ = {.text = Part("a") + "2026-11-22T09:24:30.1Z stdout P b", .since_written = 10s};
  new_file_.text = End("c");
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_TRUE(new_->held_back());
  old_file_.at_end = Status::kEnd;
  EXPECT_EQ(Pump(*old_), Stream::Status::kEnd);
  old_.reset();
  EXPECT_FALSE(new_->held_back());
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1"}));
}

TEST_F(StreamFollowingTest, TakesOverWhenTheOldFileEndsFirst) {
  old_file_ = {.text = Part("a"), .at_end = Status::kEnd};
  new_file_.text = End("b");
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_EQ(ledger_.lines_pending, 1U);
  old_.reset();
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"ab=1"}));
}

TEST_F(StreamFollowingTest, WithoutANewFileWhatIsPendingIsCutAtTheEnd) {
  old_file_ = {.text = Part("a"), .at_end = Status::kEnd};
  Pump(*old_);
  EXPECT_EQ(Counted(), (Texts{"a=1"}));
  EXPECT_EQ(ledger_.lines_cut, 1U);
}

TEST_F(StreamFollowingTest, ANewFileThatCannotBeOpenedTakesNothingOver) {
  old_file_ = {.text = Part("a"), .at_end = Status::kEnd};
  new_file_.found = new_file_.was_open = false;
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_EQ(Counted(), (Texts{"a=1"}));
}

TEST_F(StreamFollowingTest, ANewFileThatIsLookedForTakesOver) {
  old_file_ = {.text = Part("a"), .at_end = Status::kEnd};
  new_file_.found = false;
  new_->Follow(*old_);
  Pump(*old_);
  EXPECT_EQ(Counted(), Texts());
  new_file_ = {.text = End("b")};
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"ab=1"}));
}

TEST_F(StreamFollowingTest, NothingIsTakenOverFromAFileOfWhichBytesAreLost) {
  old_file_ = {.text = Part("a"), .at_end = Status::kEnd, .lost = 5};
  new_file_.text = End("b");
  new_->Follow(*old_);
  Pump(*old_);
  old_.reset();
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"a=1", "b=1"}));
}

TEST_F(StreamFollowingTest, AFileThatIsLookedForHoldsBackUntilItHasEnded) {
  old_file_.found = false;
  new_->Follow(*old_);
  clock_.Advance(kSearchTime);
  Pump(*old_);
  EXPECT_TRUE(new_->held_back());
  old_file_.at_end = Status::kEnd;
  Pump(*old_);
  old_.reset();
  EXPECT_FALSE(new_->held_back());
}

TEST_F(StreamFollowingTest, ATruncatedFileWhoseRestIsLookedForHoldsNothingBack) {
  for (const uint64_t hidden : {0U, 5U}) {
    old_file_ = {.text = Part("a"), .at_end = Status::kMoved, .truncated = true, .hidden = hidden, .found = false};
    new_file_ = {.text = End("b")};
    old_ = Open(old_file_);
    new_ = Open(new_file_);
    ASSERT_EQ(Pump(*old_), Stream::Status::kMoved);
    new_->Follow(*old_);
    EXPECT_FALSE(new_->held_back());
    Pump(*new_);
    EXPECT_EQ(Counted(), hidden == 0 ? (Texts{"ab=1"}) : (Texts{"ab=1", "b=1"})) << "with nothing hidden, all of it was read";
    old_file_.at_end = Status::kEnd;
    Pump(*old_);
  }
  EXPECT_EQ(Counted(), (Texts{"a=1", "ab=1", "b=1"}));
}

TEST_F(StreamFollowingTest, TheCopyOfATruncatedFileIsReadFirst) {
  old_file_ = {.text = Part("a"), .at_end = Status::kMoved, .truncated = true, .found = false};
  new_file_.text = End("c");
  Pump(*old_);
  new_->Follow(*old_);
  old_file_.found = true;
  old_file_.text += Part("b");
  old_file_.at_end = Status::kEnd;
  EXPECT_TRUE(new_->held_back());
  Pump(*old_);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1"}));
}

TEST_F(StreamFollowingTest, SeveralRotations) {
  File middle_file{.text = Part("b"), .since_written = 1s};
  auto middle = Open(middle_file);
  old_file_ = {.text = Part("a"), .since_written = 1s};
  new_file_.text = End("c");
  middle->Follow(*old_);
  new_->Follow(*middle);
  Pump(*old_);
  EXPECT_TRUE(new_->held_back());
  EXPECT_FALSE(middle->held_back());
  Pump(*middle);
  EXPECT_FALSE(new_->held_back());
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"abc=1"}));
}

TEST_F(StreamFollowingTest, AnEmptyFileBetweenIsPassedOver) {
  File middle_file{.at_end = Status::kEnd};
  auto middle = Open(middle_file);
  old_file_ = {.text = Part("a"), .since_written = 1s};
  new_file_.text = End("b");
  middle->Follow(*old_);
  new_->Follow(*middle);
  Pump(*old_);
  Pump(*middle);
  middle.reset();
  EXPECT_FALSE(new_->held_back());
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"ab=1"}));
}

TEST_F(StreamFollowingTest, WhatComesTooLateIsCountedOnItsOwn) {
  old_file_ = {.text = Part("a"), .since_written = 1s};
  new_file_.text = End("b");
  new_->Follow(*old_);
  Pump(*old_);
  Pump(*new_);
  old_file_.text += Part("late");
  old_file_.at_end = Status::kEnd;
  Pump(*old_);
  EXPECT_EQ(Counted(), (Texts{"ab=1", "late=1"}));
}

TEST_F(StreamFollowingTest, WaitingCompletesNothingInAFileThatIsFollowed) {
  old_file_.text = Part("a");
  new_file_.text = End("b", "stderr") + End("c");
  new_->Follow(*old_);
  Pump(*old_);
  clock_.Advance(1h);
  Pump(*old_);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"ac=1", "b=1"}));
}

TEST_F(StreamFollowingTest, WaitingBeginsAnewInTheNewFile) {
  old_file_.text = Part("a");
  new_file_.text = End("b", "stderr");
  new_->Follow(*old_);
  Pump(*old_);
  clock_.Advance(1h);
  Pump(*old_);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"b=1"}));
  clock_.Advance(9999ms);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"b=1"}));
  clock_.Advance(1ms);
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"a=1", "b=1"}));
}

// Whenever the program is killed, the checkpoint has what is pending once.
TEST_F(StreamFollowingTest, ALineGoesOnInAnotherLife) {
  for (int killed = 0; killed < 5; ++killed) {
    SCOPED_TRACE("killed at moment " + std::to_string(killed));
    Begin();
    old_file_ = {.text = Part("a"), .since_written = 1s};
    new_file_.text = Part("b") + "2026-11-22T09:";
    new_->Follow(*old_);
    for (int moment = 0; moment < 5; ++moment) {
      if (moment == 2) new_file_.text += "24:30.1Z stdout F c\n" + Part("d");
      if (moment == 3) old_file_.at_end = Status::kEnd;
      if (moment == 4) new_file_.text += End("e");
      Pump(*old_);
      if (moment > 0 && !new_->held_back()) Pump(*new_);
      if (moment == killed) Restart();
    }
    Pump(*old_);
    Pump(*new_);
    EXPECT_EQ(Counted(), (Texts{"abc=1", "de=1"}));
    EXPECT_EQ(ledger_.lines_read, 5U);
    EXPECT_EQ(ledger_.lines_pending, 0U);
  }
}

TEST_F(StreamFollowingTest, WhatWasTakenOverBeforeTheFirstLineIsThereInAnotherLife) {
  old_file_ = {.text = Part("a"), .at_end = Status::kEnd};
  new_file_.text = End("b");
  new_->Follow(*old_);
  Pump(*old_);
  old_file_ = {.at_end = Status::kEnd};
  old_ = Open(old_file_);
  Restart();
  EXPECT_FALSE(new_->held_back());
  Pump(*new_);
  EXPECT_EQ(Counted(), (Texts{"ab=1"}));
}

TEST_F(StreamFollowingTest, FollowsOnlyBeforeItHasBegun) {
  new_file_.text = End("a");
  Pump(*new_);
  EXPECT_FALSE(new_->Follow(*old_));
  EXPECT_FALSE(new_->held_back());
}

TEST_F(StreamFollowingTest, PlainLinesGoOnInNoOtherFile) {
  StreamContext plain({}, *matcher_, ledger_, &clock_);
  Stream before(std::make_unique<FileSource>(old_file_), plain);
  Stream after(std::make_unique<FileSource>(new_file_), plain);
  EXPECT_FALSE(after.Follow(before));
  EXPECT_FALSE(after.held_back());
}

}  // namespace
}  // namespace logmill
