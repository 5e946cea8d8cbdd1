#include "shipping/loki_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/shipping/loki_fixture.h"

namespace logmill::loki_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Kind = Delivery::Kind;

TEST_F(LokiTest, LearnsThatStructuredMetadataIsNotTaken) {
  loki_.takes_metadata = false;
  const Delivery delivery = Deliver({Line(kNow, "a"), Line(kNow, "b", "error")});
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(delivery.refused, IsEmpty());
  EXPECT_THAT(delivery.again, IsEmpty());
  EXPECT_THAT(delivery.words, HasSubstr("structured metadata is left out until the next start"));
  EXPECT_THAT(Lines(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(loki_.pushes, 3u);
  EXPECT_EQ(Deliver({Line(kNow, "c")}).words, "");
  EXPECT_EQ(loki_.pushes, 4u);
}

TEST_F(LokiTest, SetsAsideWhatIsTooOldInTwoPushes) {
  std::vector<ShipRecord> batch;
  std::vector<size_t> old;
  for (size_t i = 0; i < 1000; ++i) {
    if (i % 3 == 0) old.push_back(i);
    batch.push_back(Line(kNow + static_cast<int64_t>(i) - (i % 3 == 0 ? 13 * kHour : 0), "x"));
  }
  loki_.oldest_ns = kNow - 12 * kHour;
  const Delivery delivery = Deliver(batch);
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_EQ(RefusedOf(delivery), old);
  EXPECT_THAT(delivery.again, IsEmpty());
  EXPECT_THAT(delivery.refused[0].reason, HasSubstr("entry too far behind"));
  EXPECT_THAT(delivery.words, HasSubstr("400"));
  EXPECT_EQ(loki_.pushes, 2u);
  EXPECT_EQ(Lines().size(), 1000 - old.size());
}

TEST_F(LokiTest, FindsWhatIsTooOldByLessThanASecondToo) {
  loki_.oldest_ns = kNow + 1;
  const Delivery delivery = Deliver({Line(kNow - 5, "a"), Line(kNow, "b"), Line(kNow + 1, "c"), Line(kNow + 2, "d")});
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(0, 1));
  EXPECT_THAT(Lines(), ElementsAre("c", "d"));
  EXPECT_EQ(loki_.pushes, 1u) << "2 out of 4 are all that were ignored";
}

TEST_F(LokiTest, FindsARefusedRecordThatLokiDoesNotName) {
  std::vector<ShipRecord> batch(100, Line(kNow, "good"));
  for (size_t i = 0; i < batch.size(); ++i) batch[i].time_ns += static_cast<int64_t>(i);
  batch[37].line = "odd";
  batch[38].level = "error";
  loki_.refuse = [](const Entry& entry) { return entry.line == "odd" ? "do not like it" : ""; };
  const Delivery delivery = Deliver(batch);
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(37));
  EXPECT_EQ(delivery.refused[0].reason, "do not like it");
  EXPECT_THAT(delivery.again, IsEmpty());
  EXPECT_EQ(Lines().size(), 99u);
}

TEST_F(LokiTest, LongLinesAreRefusedAndTheRestIsTaken) {
  const std::string longer(300, 'x');
  loki_.refuse = [](const Entry& entry) -> std::string {
    return entry.line.size() <= 256
               ? ""
               : "Max entry size '256' bytes exceeded for stream '{a=\"b\"}' while adding an entry with length '300' bytes";
  };
  const Delivery delivery = Deliver({Line(kNow, "a"), Line(kNow + 1, longer), Line(kNow + 2, "b"), Line(kNow + 3, longer)});
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(1, 3));
  EXPECT_THAT(Lines(), ElementsAre("a", "b"));
  EXPECT_EQ(loki_.pushes, 2u);
}

TEST_F(LokiTest, KnowsTheWordsOfNewerVersions) {
  loki_.refuse = [](const Entry& entry) -> std::string {
    return entry.line.size() <= 256
               ? ""
               : "max entry size '256' bytes exceeded for stream '{a=\"b\"}' while adding an entry with length '300' bytes";
  };
  EXPECT_THAT(RefusedOf(Deliver({Line(kNow, "a"), Line(kNow + 1, std::string(300, 'x')), Line(kNow + 2, "b")})), ElementsAre(1));
  EXPECT_EQ(loki_.pushes, 2u);
  EXPECT_EQ(ReadLokiComplaint("maximum active stream limit exceeded when trying to create stream"), LokiComplaint::kThrottled);
}

TEST_F(LokiTest, WhereOrderMattersNothingIsPushedAgain) {
  loki_.window_ns = 0;
  EXPECT_EQ(Deliver({Line(kNow + 10, "new")}).words, "");
  const Delivery delivery = Deliver({Line(kNow + 5, "late"), Line(kNow + 11, "a"), Line(kNow + 12, "b"), Line(kNow + 13, "c")});
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(0));
  EXPECT_THAT(Lines(), ElementsAre("new", "a", "b", "c"));
  EXPECT_EQ(loki_.pushes, 2u);
}

TEST_F(LokiTest, ThePushThatIsTooLargeIsHalved) {
  loki_.answers = {Reply(413, "request body too large"), Reply(204), Reply(204)};
  EXPECT_EQ(Deliver({Line(kNow, "a"), Line(kNow, "b")}).kind, Kind::kTaken);
  EXPECT_EQ(loki_.pushes, 3u);
  loki_.answers = {Reply(413, "")};
  const Delivery delivery = Deliver({Line(kNow, "a")});
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(0));
  EXPECT_EQ(delivery.refused[0].reason, "refused without a word");
}

TEST_F(LokiTest, WhatIsTooLargeForLokisPartsIsHalved) {
  const std::string words = "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5242880 vs. 4194304)";
  loki_.answers = {Reply(500, words), Reply(204), Reply(500, words), Reply(204)};
  const Delivery delivery = Deliver({Line(kNow, "a"), Line(kNow, "b"), Line(kNow, "c")});
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(RefusedOf(delivery), IsEmpty());
  EXPECT_EQ(loki_.pushes, 5u);
  EXPECT_EQ(delivery.again.size(), 0u);
  loki_.answers = {Reply(500, words)};
  EXPECT_THAT(RefusedOf(Deliver({Line(kNow, "d")})), ElementsAre(0)) << "smaller it does not get";
  EXPECT_FALSE(protocol_->Knows(Reply(500, "empty ring")));
}

TEST_F(LokiTest, WhatIsAboveTheBurstLimitIsHalved) {
  const auto words = [](int bytes) {
    return "ingestion rate limit exceeded for user fake (limit: 1000 bytes/sec) while attempting to ingest '9' lines totaling '" +
           std::to_string(bytes) + "' bytes, reduce log volume";
  };
  EXPECT_EQ(ReadLokiComplaint(words(1000)), LokiComplaint::kThrottled);
  EXPECT_EQ(ReadLokiComplaint("I" + words(1001).substr(1)), LokiComplaint::kTooMuch) << "until 3.5.5";
  loki_.answers = {Reply(429, words(1001)), Reply(204), Reply(429, words(501))};
  const std::vector<ShipRecord> batch{Line(kNow, "a"), Line(kNow + 1, "b")};
  const Delivery delivery = Deliver(batch);
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(delivery.again, ElementsAre(1)) << "one after the other";
  EXPECT_EQ(delivery.reason, RetryReason::kThrottled);
  loki_.answers = {Reply(429, words(1001))};
  const Delivery alone = Deliver({Line(kNow, "a")});
  EXPECT_EQ(alone.kind, Kind::kRetry) << "it may be below the burst limit";
  EXPECT_EQ(alone.reason, RetryReason::kThrottled);
}

TEST_F(LokiTest, NoRepeatOfAPushIsTooFarBehind) {
  std::vector<ShipRecord> batch;
  for (int64_t i = 0; i < 600; ++i) batch.push_back(Line(kNow + i * 60 * kSecond, i % 7 == 0 ? "odd" : "even"));  // ten hours
  loki_.refuse = [](const Entry& entry) { return entry.line == "odd" ? "do not like it" : ""; };
  protocol_ = MakeLoki(options_);
  std::vector<size_t> open(batch.size());
  std::iota(open.begin(), open.end(), 0);
  std::set<size_t> refused;
  // Some answers get lost, after the push was taken.
  std::mt19937 random(7);
  const auto send = [&](const ProtocolRequest& request) -> std::expected<HttpReply, HttpError> {
    const HttpReply reply = loki_.Push(request);
    if (random() % 30 == 0) return std::unexpected(HttpError{HttpFault::kBroken, "half an answer"});
    return reply;
  };
  for (int attempt = 0; attempt < 200 && !open.empty(); ++attempt) {
    std::vector<ShipRecord> rest;
    for (const size_t index : open) rest.push_back(batch[index]);
    const auto first = send(protocol_->Encode(rest));
    if (!first || protocol_->Read(*first, rest).kind != Kind::kTaken) continue;
    const Delivery delivery = protocol_->Confirm(*first, rest, send);
    for (const size_t index : RefusedOf(delivery)) refused.insert(open[index]);
    std::vector<size_t> still_open;
    for (const auto& indices : {delivery.again, delivery.unsent}) {
      for (const size_t index : indices) still_open.push_back(open[index]);
    }
    std::ranges::sort(still_open);
    open = still_open;
  }
  EXPECT_THAT(open, IsEmpty());
  for (size_t i = 0; i < batch.size(); ++i) EXPECT_EQ(refused.contains(i), batch[i].line == "odd") << i;
  EXPECT_EQ(Lines().size(), 600 - refused.size());
}

TEST_F(LokiTest, WhatAnotherPartOfLokiRefusedIsFoundToo) {
  loki_.refuse = [](const Entry& entry) { return entry.line == "odd" ? "do not like it" : ""; };
  EXPECT_EQ(Deliver({Line(kNow, "newest")}).words, "");
  const Delivery delivery =
      Deliver({Line(kNow - kHour - 1, "old"), Line(kNow - kHour, "good"), Line(kNow - 2, "odd"), Line(kNow - 1, "better")});
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(0, 2));
  EXPECT_THAT(Lines(), ElementsAre("good", "better", "newest"));
}

TEST_F(LokiTest, WhatIsThrottledComesAgainWithoutWhatIsDone) {
  HttpReply throttled = Reply(429, "Per stream rate limit exceeded (limit: 3MB/sec)");
  throttled.retry_after = std::chrono::seconds(7);
  loki_.answers = {Reply(204), throttled};
  const Delivery delivery = Deliver({Line(kNow, "c", "error"), Line(kNow, "a"), Line(kNow + 1, "b"), Line(kNow, "d", "warn")});
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(delivery.again, ElementsAre(1, 2, 3));
  EXPECT_EQ(delivery.reason, RetryReason::kThrottled);
  EXPECT_EQ(delivery.pause, std::chrono::seconds(7));
  EXPECT_THAT(delivery.words, HasSubstr("Per stream rate limit exceeded"));
  EXPECT_EQ(loki_.pushes, 2u);
}

TEST_F(LokiTest, WhatCannotBeSentAnyMoreComesAgain) {
  protocol_ = MakeLoki(options_);
  const std::vector<ShipRecord> batch{Line(kNow, "a"), Line(kNow, "b", "error")};
  const HttpReply reply = loki_.Push(protocol_->Encode(batch));
  ASSERT_EQ(protocol_->Read(reply, batch).kind, Kind::kTaken);
  const Delivery delivery = protocol_->Confirm(reply, batch, [](const ProtocolRequest&) {
    return std::unexpected(HttpError{HttpFault::kConnection, "http://loki: cannot connect"});
  });
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(delivery.again, ElementsAre(1));
  EXPECT_EQ(delivery.reason, RetryReason::kPartial);
  EXPECT_EQ(delivery.words, "http://loki: cannot connect");
}

TEST_F(LokiTest, WhatSomebodyHasToMendIsTriedAgain) {
  loki_.answers = {Reply(400, "entry for stream '{a=\"b\"}' has 16 label names; limit 15")};
  Delivery delivery = Deliver({Line(kNow, "a"), Line(kNow, "b")});
  EXPECT_EQ(delivery.kind, Kind::kRetry);
  EXPECT_EQ(delivery.reason, RetryReason::kDenied);
  EXPECT_THAT(delivery.words, HasSubstr("16 label names"));
  loki_.answers = {Reply(260, "ingestion blocked for user fake until '2030-01-01T00:00:00Z' with status code '260'")};
  delivery = Deliver({Line(kNow, "a")});
  EXPECT_EQ(delivery.kind, Kind::kRetry);
  EXPECT_EQ(delivery.reason, RetryReason::kDenied);
  loki_.answers = {Reply(415, "what is that")};
  EXPECT_EQ(Deliver({Line(kNow, "a")}).kind, Kind::kRetry);
}

TEST_F(LokiTest, WhenItRefusesEverythingTheSearchEnds) {
  std::vector<ShipRecord> batch(500, Line(kNow, "bad"));
  loki_.refuse = [](const Entry&) { return "no"; };
  const Delivery delivery = Deliver(batch);
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_LT(loki_.pushes, 80u);
  EXPECT_FALSE(delivery.refused.empty());
  EXPECT_EQ(delivery.refused.size() + delivery.again.size(), 500u);
}

TEST_F(LokiTest, LabelsThatSpeakAsLokiDoesAreNotHeard) {
  options_.labels = {{"who", "$context"}};
  ShipRecord liar = Line(kNow, "x");
  liar.context = "\" rate limit exceeded, oldest acceptable timestamp is: 2030-01-01T00:00:00Z";
  loki_.oldest_ns = kNow - 1;
  ShipRecord old = liar;
  old.time_ns = kNow - 2 * kSecond;
  const Delivery delivery = Deliver({old, liar});
  EXPECT_EQ(delivery.kind, Kind::kTaken);
  EXPECT_THAT(RefusedOf(delivery), ElementsAre(0));
}

TEST(LokiAnswerTest, ReadsEveryWayToWriteATime) {
  const std::vector<ShipRecord> batch{Line(kNow, "a"), Line(kNow - 1'507'000'000, "b")};  // 23:42:11.507 and 23:42:10
  const auto refused = [&](const std::string& time) {
    return ReadLokiRefusal("entry for stream '{a=\"b\"}' has timestamp too old: x, oldest acceptable timestamp is: " + time,
                           std::vector<size_t>{0, 1}, batch)
        .records;
  };
  EXPECT_THAT(refused("2025-12-23T23:42:11Z"), ElementsAre(1));
  EXPECT_THAT(refused("2025-12-24T00:42:11+01:00"), ElementsAre(1));
  EXPECT_THAT(refused("2025-12-23 18:42:11.6 -0500 EST"), ElementsAre(0, 1));
  EXPECT_THAT(refused("2025-12-23T23:42:10Z; 3 errors like: ..."), IsEmpty());
  for (const char* nonsense : {"", "2025", "2025-12-23T", "2025-13-23T23:42:11Z", "9999-12-23T23:42:11Z", "0000-00-00T00:00:00Z",
                               "-025-12-23T23:42:11Z", "2025-12-23T23:42:11"}) {
    EXPECT_THAT(refused(nonsense), IsEmpty()) << nonsense;
  }
}

TEST(LokiAnswerTest, NoPrefixOfAnAnswerDoesHarm) {
  const std::vector<ShipRecord> batch{Line(kNow, "a")};
  const std::string body =
      "entry with timestamp 2024-05-06 15:58:50.123456789 +0000 UTC ignored, reason: 'entry out of order',\nMax entry size "
      "'99999999999999999999' "
      "user 'fake', total ignored: 18446744073709551616 out of 1 for stream: {a=\"\\";
  for (size_t i = 0; i <= body.size(); ++i) {
    EXPECT_THAT(ReadLokiRefusal(body.substr(0, i), std::vector<size_t>{0}, batch).records, IsEmpty());
    EXPECT_EQ(ReadLokiComplaint(body.substr(0, i)), LokiComplaint::kEntries);
  }
}

}  // namespace
}  // namespace logmill::loki_test
