#include "shipping/stream_destination.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>
#include <thread>

#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    CloseReader();
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int writer() const { return ends_[1]; }
  // What is in it now; at most `most`.
  std::string Read(size_t most = 1 << 20) {
    std::string text(most, '\0');
    const ssize_t size = read(ends_[0], text.data(), most);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }
  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

// "line 1\n" and so on.
std::string LinesOf(uint64_t first, uint64_t last) {
  std::string text;
  for (; first <= last; ++first) text += "line " + std::to_string(first) + "\n";
  return text;
}

TEST(StreamDestinationTest, WritesLines) {
  Pipe pipe;
  const auto destination = MakeStreamDestination(pipe.writer(), true, {});
  const NumberedRecords records(1, 3);
  EXPECT_EQ(destination->Deliver(records.all()).sent_bytes, 21U);
  EXPECT_EQ(pipe.Read(), LinesOf(1, 3));
  const auto objects = MakeStreamDestination(pipe.writer(), false, {.host = "box"});
  objects->Deliver(records.all().first(1));
  EXPECT_THAT(pipe.Read(), HasSubstr(R"({"service":"gallery","host":"box","id":)"));
}

TEST(StreamDestinationTest, WaitsForASlowReader) {
  Pipe pipe;
  const auto destination = MakeStreamDestination(pipe.writer(), true, {});
  const NumberedRecords records(1, 100'000);
  auto call = std::async(std::launch::async, [&] { return destination->Deliver(records.all()); });
  const std::string expected = LinesOf(1, 100'000);
  std::string read;
  while (read.size() < expected.size()) read += pipe.Read();
  EXPECT_EQ(call.get().kind, Delivery::Kind::kTaken);
  EXPECT_TRUE(read == expected);
}

TEST(StreamDestinationTest, AnInterruptedLineGoesOnWhereItWasCut) {
  Pipe pipe;
  const int room = fcntl(pipe.writer(), F_SETPIPE_SZ, 4096);
  ASSERT_GE(room, 4096);
  const NumberedRecords records(1, 10'000);
  const auto first = MakeStreamDestination(pipe.writer(), true, {});
  auto call = std::async(std::launch::async, [&] { return first->Deliver(records.all()); });
  // It is full when no more than one write was taken.
  std::string read = pipe.Read(1000);
  while (call.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) first->Interrupt();
  const Delivery delivery = call.get();
  ASSERT_EQ(delivery.kind, Delivery::Kind::kTaken);
  ASSERT_FALSE(delivery.again.empty());
  EXPECT_EQ(delivery.again.back(), 9'999U);
  EXPECT_EQ(delivery.again.size(), 10'000 - delivery.again.front());
}

TEST(StreamDestinationTest, NobodyReads) {
  Pipe pipe;
  const auto destination = MakeStreamDestination(pipe.writer(), true, {});
  pipe.CloseReader();
  const NumberedRecords records(1, 3);
  const Delivery delivery = destination->Deliver(records.all());
  EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
  EXPECT_EQ(delivery.reason, RetryReason::kConnection);
  EXPECT_EQ(delivery.words, "the output cannot be written: nobody reads it any more");
}

// A descriptor that takes so much and then no more, until it is let go on: a file with a limit would do, a full pipe does, too.
TEST(StreamDestinationTest, ALineThatWasCutIsCompletedOrEnded) {
  for (const bool same : {true, false}) {
    Pipe pipe;
    ASSERT_EQ(fcntl(pipe.writer(), F_SETPIPE_SZ, 4096), 4096);
    // Whoever else writes to it: the destination has room for a part only, since its descriptor does not wait.
    const int flags = fcntl(pipe.writer(), F_GETFL);
    const NumberedRecords records(1, 2000);
    const auto destination = MakeStreamDestination(pipe.writer(), true, {});
    auto call = std::async(std::launch::async, [&] { return destination->Deliver(records.all()); });
    std::string read;
    while (read.size() < 4096) read += pipe.Read(4096 - read.size());
    pipe.CloseReader();
    const Delivery delivery = call.get();
    ASSERT_EQ(delivery.kind, Delivery::Kind::kTaken) << delivery.words;
    const size_t taken = delivery.again.front();
    // What was written behind a reader that is gone is lost with it; where the line was cut is not.
    EXPECT_EQ(delivery.sent_bytes % 4096, 0U);
    Pipe next;
    ASSERT_GE(dup2(next.writer(), pipe.writer()), 0);
    const auto rest = records.all().subspan(same ? taken : taken + 1, 3);
    EXPECT_EQ(destination->Deliver(rest).kind, Delivery::Kind::kTaken);
    const std::string whole = LinesOf(1, 2000);
    const std::string text = next.Read();
    if (same) {
      EXPECT_EQ(text, LinesOf(1, taken + 3).substr(delivery.sent_bytes));
    } else {
      EXPECT_EQ(text, "\n" + LinesOf(taken + 2, taken + 4));
    }
    EXPECT_EQ(fcntl(pipe.writer(), F_GETFL), flags) << "it is shared with others, and left as it is";
  }
}

TEST(StreamDestinationTest, Check) {
  Pipe pipe;
  EXPECT_EQ(MakeStreamDestination(pipe.writer(), true, {})->Check(), "the output is open");
  EXPECT_FALSE(MakeStreamDestination(-1, true, {})->Check().has_value());
}

}  // namespace
}  // namespace logmill
