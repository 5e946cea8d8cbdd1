// Real sockets: what senders and `logger` send arrives in the feed as envelopes, and nothing is lost without being counted.
#include "sources/syslog_receiver.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/net/byte_client.h"
#include "tests/sources/feed_fixture.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SyslogReceiverTest : public FeedFixture {
 protected:
  void Listen(SyslogOptions options = {}) {
    options.listen = "127.0.0.1:0";
    auto started = StartSyslog(options, *feed_, clock_);
    ASSERT_TRUE(started.has_value()) << started.error();
    receiver_ = std::move(*started);
  }

  [[nodiscard]] ByteClient Tcp() const { return ByteClient::Tcp(receiver_->port()); }
  [[nodiscard]] ByteClient Udp() const { return ByteClient::Udp(receiver_->port()); }
  [[nodiscard]] const ReceiverCounts& counts() const { return receiver_->counts(); }

  // The feed has a message a moment before it is counted.
  void ExpectMessages(uint64_t messages) const {
    while (counts().messages < messages) std::this_thread::yield();
    EXPECT_EQ(counts().messages, messages);
  }

  void Logger(const std::string& arguments) const {
    const std::string command = "logger --server 127.0.0.1 --port " + std::to_string(receiver_->port()) + " " + arguments;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  std::unique_ptr<Receiver> receiver_;
};

TEST_F(SyslogReceiverTest, PutsAnEnvelopeIntoTheFeedForEachMessage) {
  Listen();
  EXPECT_TRUE(feed_->caught_up()) << "there is no backlog";
  Udp().Send("<34>1 2026-11-22T10:00:00Z web app 812 - - {\"message\":\"m\"}\n");
  EXPECT_THAT(AwaitLines(1), ElementsAre(R"({"log":"{\"message\":\"m\"}","key":"127.0.0.1 web app 812","time_ns":1795341600000000000,)"
                                         R"("level":"fatal","context":"app","pid":812})"));
  Tcp().Send("<14>hello\n");
  EXPECT_THAT(AwaitLines(1), ElementsAre(R"({"log":"hello","key":"127.0.0.1   ","time_ns":1795338275310000000,"level":"log"})"))
      << "time of arrival";
  ExpectMessages(2);
  EXPECT_EQ(counts().malformed, 0U);
}

TEST_F(SyslogReceiverTest, TakesWhatLoggerSends) {
  Listen();
  Logger("--udp --rfc5424 -t shop -p user.warning five");
  EXPECT_THAT(AwaitLines(1), ElementsAre(testing::AllOf(HasSubstr(R"("log":"five")"), HasSubstr(R"("level":"warn","context":"shop")"))));
  Logger("--udp --rfc3164 -t shop -p user.err three");
  EXPECT_THAT(AwaitLines(1), ElementsAre(testing::AllOf(HasSubstr(R"("log":"three")"), HasSubstr(R"("level":"error","context":"shop")"))));
  Logger("--tcp --octet-count --rfc5424 -t shop -p user.debug counted");
  EXPECT_THAT(AwaitLines(1), ElementsAre(testing::AllOf(HasSubstr(R"("log":"counted")"), HasSubstr(R"("level":"debug")"))));
  Logger("--tcp --rfc3164 -t shop --id=77 -p user.info line");
  EXPECT_THAT(AwaitLines(1), ElementsAre(testing::AllOf(HasSubstr(R"("log":"line")"), HasSubstr(R"("context":"shop","pid":77})"))));
  ExpectMessages(4);
  EXPECT_EQ(counts().malformed, 0U);
}

TEST_F(SyslogReceiverTest, ADatagramIsOneMessageWhateverIsInIt) {
  Listen();
  Udp().Send("<14>a\n<14>b\xFF\"\n");
  EXPECT_THAT(AwaitLines(1), ElementsAre(HasSubstr(R"({"log":"a\n<14>b)"
                                                   "\xEF\xBF\xBD"
                                                   R"(\"","key")")));
}

TEST_F(SyslogReceiverTest, TakesMalformedMessagesAsTextAndCountsThem) {
  Listen();
  const ByteClient client = Tcp();
  client.Send("no priority\n<13>1 - h a - - [broken\n");
  EXPECT_THAT(AwaitLines(2), ElementsAre(HasSubstr(R"("log":"no priority")"), HasSubstr(R"("log":"[broken")")));
  Tcp().Send("80 <14>half");
  EXPECT_THAT(AwaitLines(1), ElementsAre(testing::AllOf(HasSubstr(R"("log":"half")"), HasSubstr(R"("cut":true)"))));
  ExpectMessages(3);
  EXPECT_EQ(counts().malformed, 3U);
}

TEST_F(SyslogReceiverTest, CutsWhatIsTooLong) {
  Listen({.max_message_bytes = 20});
  Udp().Send("<14>" + std::string(100, 'u'));
  EXPECT_THAT(AwaitLines(1), ElementsAre(testing::AllOf(HasSubstr("\"" + std::string(16, 'u') + "\""), HasSubstr(R"("cut":true)"))));
  Tcp().Send("<14>" + std::string(100'000, 't') + "\n<14>next\n");
  EXPECT_THAT(AwaitLines(2), ElementsAre(HasSubstr("\"" + std::string(16, 't') + "\""), HasSubstr("\"next\"")));
  ExpectMessages(3);
  EXPECT_EQ(counts().too_long, 2U);
}

TEST_F(SyslogReceiverTest, MakesATcpSenderWaitWhileTheFeedIsFullAndLosesNothing) {
  UseFeedOf(10'000);
  Listen();
  constexpr int kMessages = 100'000;
  std::thread sender([client = Tcp()] {
    for (int i = 0; i < kMessages; ++i) EXPECT_TRUE(client.Send("<14>message " + std::to_string(i) + "\n"));
  });
  while (feed_->waiting_bytes() == 0) std::this_thread::yield();
  for (int i = 0; i < kMessages;) {
    for (const std::string& line : AwaitLines(1)) {
      ASSERT_THAT(line, HasSubstr("\"message " + std::to_string(i) + "\""));
      ++i;
    }
  }
  sender.join();
  ExpectMessages(kMessages);
  EXPECT_EQ(counts().dropped, 0U);
}

TEST_F(SyslogReceiverTest, CountsDatagramsForWhichThereIsNoRoom) {
  UseFeedOf(10);
  Listen();
  const ByteClient client = Udp();
  client.Send("<14>taken");
  while (counts().messages < 1) std::this_thread::yield();
  client.Send("<14>dropped");
  while (counts().dropped < 1) std::this_thread::yield();
  EXPECT_THAT(AwaitLines(1), ElementsAre(HasSubstr("\"taken\"")));
  client.Send("<14>taken again");
  EXPECT_THAT(AwaitLines(1), ElementsAre(HasSubstr("\"taken again\"")));
  ExpectMessages(2);
}

// All that was sent is in the counts: taken, dropped here, or dropped by the kernel (which tells with the next datagram that it takes).
TEST_F(SyslogReceiverTest, AccountsForEveryDatagramOfAFlood) {
  UseFeedOf(1000);
  Listen();
  const ByteClient client = Udp();
  const std::string datagram = "<14>" + std::string(8000, 'x');
  constexpr uint64_t kMost = 20'000;
  uint64_t sent = 0;
  while (sent < kMost) sent += client.Send(datagram) ? 1 : 0;
  const auto accounted = [this] { return counts().messages + counts().dropped; };
  // The kernel tells of what it dropped with the next datagram that it delivers. The receiver needs quiet after each, or it
  // is behind for ever where it is slower than the sender.
  for (int probe = 0; probe < 600 && accounted() < sent; ++probe) {
    sent += client.Send("<14>is there room?") ? 1 : 0;
    for (int wait = 0; wait < 100 && accounted() < sent; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(accounted(), sent) << counts().messages << " taken, " << counts().dropped << " dropped";
}

TEST_F(SyslogReceiverTest, TakesFromHundredsOfConnectionsAtOnce) {
  Listen();
  std::vector<ByteClient> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(Tcp());
    clients.back().Send("<14>conn");
  }
  for (const ByteClient& client : clients) client.Send("ection\n");
  for (const std::string& line : AwaitLines(300)) EXPECT_THAT(line, HasSubstr("\"connection\""));
}

TEST_F(SyslogReceiverTest, SurvivesGarbage) {
  Listen();
  std::string garbage;
  for (uint32_t i = 0, seed = 1; i < 300'000; ++i) garbage += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  Tcp().Send(garbage);
  for (size_t at = 0; at < garbage.size(); at += 1000) Udp().Send(std::string_view(garbage).substr(at, 1000));
  Udp().Send("");
  Tcp().Send("<14>after\n");
  for (bool found = false; !found;) {
    for (const std::string& line : AwaitLines(1)) found = found || line.find("\"after\"") != std::string::npos;
  }
}

TEST_F(SyslogReceiverTest, StopsWithSendersThatWait) {
  UseFeedOf(10);
  Listen();
  const ByteClient waiting = Tcp();
  waiting.SendUntilFull(std::string(1'000'000, '\n') + "<14>a\n<14>b\n");
  const ByteClient half = Tcp();
  half.Send("<14>half");
  receiver_.reset();
  EXPECT_TRUE(waiting.AwaitClose());
  EXPECT_TRUE(half.AwaitClose());
}

TEST_F(SyslogReceiverTest, SaysWhyItCannotStart) {
  Listen();
  const std::string taken = "127.0.0.1:" + std::to_string(receiver_->port());
  const auto again = StartSyslog({.listen = taken, .setting = "sources[0].listen"}, *feed_, clock_);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error(), HasSubstr("another program listens there; choose another port with sources[0].listen"));
  EXPECT_FALSE(StartSyslog({.udp = false, .tcp = false}, *feed_, clock_).has_value());
}

}  // namespace
}  // namespace logmill
