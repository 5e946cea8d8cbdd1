#include "collectors/queue_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// An answer to SCAN.
class ScanReply {
 public:
  ScanReply(std::string cursor, std::vector<std::string> keys) : cursor_(std::move(cursor)), keys_(std::move(keys)) {
    for (std::string& key : keys_) key_replies_.push_back(Text(key));
    for (redisReply& reply : key_replies_) key_pointers_.push_back(&reply);
    parts_[0] = Text(cursor_);
    parts_[1] = Array(key_pointers_.data(), key_pointers_.size());
    whole_ = Array(part_pointers_, 2);
  }
  ScanReply(const ScanReply&) = delete;
  ScanReply& operator=(const ScanReply&) = delete;

  const redisReply& operator*() const { return whole_; }

 private:
  static redisReply Text(std::string& text) {
    redisReply reply{};
    reply.type = REDIS_REPLY_STRING;
    reply.str = text.data();
    reply.len = text.size();
    return reply;
  }
  static redisReply Array(redisReply** elements, size_t count) {
    redisReply reply{};
    reply.type = REDIS_REPLY_ARRAY;
    reply.element = elements;
    reply.elements = count;
    return reply;
  }

  std::string cursor_;
  std::vector<std::string> keys_;
  std::vector<redisReply> key_replies_;
  std::vector<redisReply*> key_pointers_;
  redisReply parts_[2]{};
  redisReply* part_pointers_[2] = {&parts_[0], &parts_[1]};
  redisReply whole_{};
};

class QueueDiscoveryTest : public ::testing::Test {
 protected:
  static QueueOptions Options() {
    QueueOptions options;
    options.prefix = "p";
    options.queues = {"named"};
    options.max_queues = 3;
    return options;
  }

  // Whether a cycle ended.
  bool Take(const std::string& cursor, const std::vector<std::string>& keys) {
    const ScanReply reply(cursor, keys);
    const auto ended = discovery_.Take(*reply);
    EXPECT_TRUE(ended) << ended.error();
    return ended.value_or(false);
  }

  const QueueOptions options_ = Options();
  QueueDiscovery discovery_{options_};
};

TEST_F(QueueDiscoveryTest, CarriesTheCursorOn) {
  EXPECT_THAT(discovery_.Step(), ElementsAre("SCAN", "0", "MATCH", "p:*:meta", "COUNT", "1000"));
  EXPECT_FALSE(Take("17", {}));
  EXPECT_EQ(discovery_.Step()[1], "17");
  EXPECT_TRUE(Take("0", {}));
  EXPECT_EQ(discovery_.Step()[1], "0");
}

TEST_F(QueueDiscoveryTest, KnowsAQueueAtOnce) {
  Take("17", {"p:a:meta", "p:a:meta", "p:named:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("a"));
}

TEST_F(QueueDiscoveryTest, KeysOfOthersAreNoQueues) {
  Take("0", {"p::meta", "p:meta", "p:a:b:meta", "q:a:meta", "p:a:metal", "pp:a:meta", "", ":meta", "p:"});
  EXPECT_THAT(discovery_.known(), IsEmpty());
}

TEST_F(QueueDiscoveryTest, ForgetsAfterACycleThatDidNotMeetIt) {
  Take("0", {"p:a:meta", "p:b:meta"});
  Take("17", {"p:b:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("a", "b"));
  Take("0", {});
  EXPECT_THAT(discovery_.known(), ElementsAre("b"));
}

TEST_F(QueueDiscoveryTest, ACycleThatWasGivenUpForgetsNothing) {
  Take("0", {"p:a:meta", "p:b:meta"});
  Take("17", {"p:b:meta"});
  discovery_.StartOver();
  EXPECT_TRUE(discovery_.at_start());
  Take("18", {"p:a:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("a", "b"));
  Take("0", {"p:b:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("a", "b"));
}

TEST_F(QueueDiscoveryTest, RoomThatBecomesFreeIsUsed) {
  Take("0", {"p:a:meta", "p:b:meta", "p:c:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("a", "b"));
  EXPECT_THAT(discovery_.Notices(), ElementsAre("there are more than 3 queues; the rest is left out"));
  Take("0", {"p:c:meta", "p:b:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("b"));
  Take("0", {"p:c:meta", "p:b:meta"});
  EXPECT_THAT(discovery_.known(), ElementsAre("b", "c"));
  Take("0", {"p:c:meta", "p:b:meta"});
  EXPECT_THAT(discovery_.Notices(), IsEmpty());
}

TEST_F(QueueDiscoveryTest, WhatIsNoAnswerToScanIsAnError) {
  const ScanReply reply("0", {});
  EXPECT_FALSE(discovery_.Take(*(*reply).element[0]));
  EXPECT_FALSE(discovery_.Take(*(*reply).element[1]));
}

TEST(QueueNames, PlainWordsArePlain) {
  for (const std::string& name : GalleryQueues()) EXPECT_TRUE(IsPlainQueueName(name)) << name;
  EXPECT_EQ(GalleryQueues().size(), 20U);
  for (const char* name : {"a", "e-mail_queue2", "Z9", "v20260101"}) EXPECT_TRUE(IsPlainQueueName(name)) << name;
  for (const char* name : {"", "1a", "-a", "a.b", "a b", "a@b", "a/b", "a:b", "ä", "a\n", "v202601011"})
    EXPECT_FALSE(IsPlainQueueName(name)) << name;
  EXPECT_TRUE(IsPlainQueueName(std::string(64, 'a')));
  EXPECT_FALSE(IsPlainQueueName(std::string(65, 'a')));
}

}  // namespace
}  // namespace logmill
