#include "collectors/host_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>

namespace logmill {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;

Interruption::Time In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }
Interruption::Time Never() { return In(std::chrono::hours(24)); }

// A name server that answers when the test lets it. Shared with threads that may outlive the test.
struct SlowNames {
  std::counting_semaphore<100> answers{0};
  std::atomic<int> questions = 0;

  static HostLookup::Resolve Of(const std::shared_ptr<SlowNames>& names) {
    return [names](const std::string& host) -> HostLookup::Answer {
      ++names->questions;
      names->answers.acquire();
      if (host == "bad") return std::unexpected("no such host");
      return HostLookup::Addresses{"192.0.2.1", "2001:db8::1"};
    };
  }
};

class HostLookupTest : public ::testing::Test {
 protected:
  HostLookupTest() { interruption_.Begin(); }
  ~HostLookupTest() override { names_->answers.release(50); }

  const std::shared_ptr<SlowNames> names_ = std::make_shared<SlowNames>();
  HostLookup lookup_{SlowNames::Of(names_)};
  Interruption interruption_;
};

TEST_F(HostLookupTest, AddressesAreTheirOwnAnswer) {
  EXPECT_THAT(*lookup_.Find("127.0.0.1", interruption_, Never()), ElementsAre("127.0.0.1"));
  EXPECT_THAT(*lookup_.Find("::1", interruption_, Never()), ElementsAre("::1"));
  EXPECT_EQ(names_->questions, 0);
}

TEST_F(HostLookupTest, NamesAndErrorsAreAnswered) {
  names_->answers.release(2);
  EXPECT_THAT(*lookup_.Find("good", interruption_, Never()), ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_EQ(lookup_.Find("bad", interruption_, Never()).error(), "no such host");
}

TEST_F(HostLookupTest, ALookupIsNotWaitedForLongerThanWanted) {
  EXPECT_EQ(lookup_.Find("good", interruption_, In(std::chrono::milliseconds(1))).error(), "timed out");
  std::thread other([this] { interruption_.Interrupt(); });
  EXPECT_EQ(lookup_.Find("good", interruption_, Never()).error(), "interrupted");
  other.join();
}

TEST_F(HostLookupTest, ALookupThatWasLeftIsWaitedForAgain) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lookup_.Find("good", interruption_, In(std::chrono::milliseconds(1))).error(), "timed out");
  names_->answers.release();
  EXPECT_TRUE(lookup_.Find("good", interruption_, Never()));
  EXPECT_EQ(names_->questions, 1);
  names_->answers.release();
  EXPECT_TRUE(lookup_.Find("good", interruption_, Never()));
  EXPECT_EQ(names_->questions, 2) << "an answer is used once";
}

TEST_F(HostLookupTest, ALookupMayEndAfterItsOwner) {
  auto lookup = std::make_unique<HostLookup>(SlowNames::Of(names_));
  EXPECT_EQ(lookup->Find("good", interruption_, In(std::chrono::milliseconds(1))).error(), "timed out");
  lookup.reset();
  names_->answers.release();
}

TEST_F(HostLookupTest, AnotherHostIsAskedAtOnce) {
  EXPECT_EQ(lookup_.Find("good", interruption_, In(std::chrono::milliseconds(1))).error(), "timed out");
  names_->answers.release(2);
  EXPECT_EQ(lookup_.Find("bad", interruption_, Never()).error(), "no such host");
}

TEST(SystemLookupTest, KnowsLocalhost) {
  EXPECT_THAT(HostLookup::AskSystem("localhost").value().front(), AnyOf("127.0.0.1", "::1"));
  EXPECT_FALSE(HostLookup::AskSystem("no such name"));
}

}  // namespace
}  // namespace logmill
