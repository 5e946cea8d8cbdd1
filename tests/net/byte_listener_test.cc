#include "net/byte_listener.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "gmock/gmock.h"
#include "tests/net/byte_client.h"
#include "tests/net/http_client.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// Takes everything, unless it is told that it is full. Waits are for what must happen, with a long patience.
class Taker {
 public:
  [[nodiscard]] std::unique_ptr<StreamHandler> Connect(std::string_view peer) {
    const std::scoped_lock held(mutex_);
    peers_.emplace_back(peer);
    return std::make_unique<Handler>(*this);
  }

  void Add(std::string_view bytes) {
    const std::scoped_lock held(mutex_);
    all_ += bytes;
    changed_.notify_all();
  }

  void SetFull(bool full) { full_ = full; }
  void TakeNothing() { nothing_ = true; }

  // True once so many bytes were taken.
  bool Await(size_t bytes) {
    std::unique_lock held(mutex_);
    return changed_.wait_for(held, std::chrono::minutes(1), [&] { return all_.size() >= bytes; });
  }
  bool AwaitEnds(int ends) {
    std::unique_lock held(mutex_);
    return changed_.wait_for(held, std::chrono::minutes(1), [&] { return ends_ >= ends; });
  }
  bool AwaitRefusals(int tries) {
    std::unique_lock held(mutex_);
    return changed_.wait_for(held, std::chrono::minutes(1), [&] { return refusals_ >= tries; });
  }

  [[nodiscard]] std::string all() {
    const std::scoped_lock held(mutex_);
    return all_;
  }
  [[nodiscard]] std::vector<std::string> peers() {
    const std::scoped_lock held(mutex_);
    return peers_;
  }

 private:
  class Handler final : public StreamHandler {
   public:
    explicit Handler(Taker& taker) : taker_(taker) {}
    Taken Take(std::string_view bytes, bool ended) override { return taker_.Take(bytes, ended); }

   private:
    Taker& taker_;
  };

  StreamHandler::Taken Take(std::string_view bytes, bool ended) {
    const std::scoped_lock held(mutex_);
    changed_.notify_all();
    if (full_) return ++refusals_, StreamHandler::Taken{.full = true};
    if (nothing_) return {};
    if (ended) ++ends_;
    all_ += bytes;
    return {.bytes = bytes.size()};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string all_;
  std::vector<std::string> peers_;
  int ends_ = 0;
  int refusals_ = 0;
  std::atomic<bool> full_ = false;
  std::atomic<bool> nothing_ = false;
};

class ByteListenerTest : public testing::Test {
 protected:
  void Listen(ByteListenerOptions options = {}) {
    if (options.address.empty()) options.address = "127.0.0.1:0";
    auto started = ByteListener::Start(options, {.connected = [this](std::string_view peer) { return taker_.Connect(peer); },
                                                 .datagram = [this](std::string_view bytes, std::string_view) { taker_.Add(bytes); },
                                                 .refused = [this] { ++refused_; }});
    ASSERT_TRUE(started.has_value()) << started.error();
    listener_ = std::move(*started);
  }

  [[nodiscard]] ByteClient Tcp() const { return ByteClient::Tcp(listener_->port()); }
  [[nodiscard]] ByteClient Udp() const { return ByteClient::Udp(listener_->port()); }

  Taker taker_;
  std::atomic<int> refused_ = 0;
  std::unique_ptr<ByteListener> listener_;
};

TEST_F(ByteListenerTest, GivesOnWhatComesByTcpAndUdpOnOnePort) {
  Listen();
  Tcp().Send("stream");
  ASSERT_TRUE(taker_.Await(6));
  Udp().Send("datagram");
  ASSERT_TRUE(taker_.Await(14));
  EXPECT_EQ(taker_.all(), "streamdatagram");
  EXPECT_THAT(taker_.peers(), testing::ElementsAre("127.0.0.1"));
}

TEST_F(ByteListenerTest, NamesAnIpv4PeerBySoOnAllInterfacesToo) {
  Listen({.address = ":0"});
  Tcp().Send("x");
  ASSERT_TRUE(taker_.Await(1));
  EXPECT_THAT(taker_.peers(), testing::ElementsAre("127.0.0.1"));
}

TEST_F(ByteListenerTest, TakesALongStreamWhole) {
  Listen();
  std::string sent;
  for (int i = 0; sent.size() < 3'000'000; ++i) sent += std::to_string(i) + " ";
  Tcp().Send(sent);
  ASSERT_TRUE(taker_.Await(sent.size()));
  EXPECT_TRUE(taker_.all() == sent);
}

TEST_F(ByteListenerTest, MakesASenderWaitWhileThereIsNoRoomAndLosesNothing) {
  Listen();
  taker_.SetFull(true);
  const ByteClient client = Tcp();
  std::string sent;
  for (int i = 0; sent.size() < 50'000'000; ++i) sent += std::to_string(i) + " ";
  size_t out = client.SendUntilFull(sent);
  ASSERT_TRUE(taker_.AwaitRefusals(3));
  out += client.SendUntilFull(std::string_view(sent).substr(out));
  EXPECT_LT(out, 20'000'000U) << "what the kernel holds for both sides, but not more";
  EXPECT_EQ(taker_.all(), "");
  const ByteClient other = Udp();
  other.Send("u");
  ASSERT_TRUE(taker_.Await(1)) << "others go on";
  taker_.SetFull(false);
  client.Send(std::string_view(sent).substr(out));
  ASSERT_TRUE(taker_.Await(sent.size() + 1));
  EXPECT_TRUE(taker_.all() == "u" + sent);
}

TEST_F(ByteListenerTest, TakesTheRestOfASenderThatIsGone) {
  Listen();
  taker_.SetFull(true);
  Tcp().Send("the last words");
  ASSERT_TRUE(taker_.AwaitRefusals(2));
  taker_.SetFull(false);
  ASSERT_TRUE(taker_.AwaitEnds(1));
  EXPECT_EQ(taker_.all(), "the last words");
}

TEST_F(ByteListenerTest, ClosesWhoIsSilentForTooLong) {
  Listen({.idle_timeout = milliseconds(50)});
  const ByteClient client = Tcp();
  client.Send("x");
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ByteListenerTest, ClosesAConnectionOfWhichNothingCanBeTaken) {
  Listen({.max_waiting_bytes = 1000});
  taker_.TakeNothing();
  const ByteClient client = Tcp();
  client.Send(std::string(999, 'x'));
  EXPECT_FALSE(client.AwaitClose(20));
  client.Send("x");
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ByteListenerTest, ClosesConnectionsBeyondTheLimitAtOnce) {
  ASSERT_TRUE(AllowOpenFiles(3000));
  Listen({.max_connections = 500});
  std::vector<ByteClient> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(Tcp());
  for (size_t i = 500; i < 1000; ++i) ASSERT_TRUE(clients[i].AwaitClose());
  EXPECT_EQ(listener_->connection_count(), 500U);
  EXPECT_EQ(refused_, 500);
  for (size_t i = 0; i < 500; ++i) clients[i].Send("x");
  EXPECT_TRUE(taker_.Await(500));
  clients.clear();
  ASSERT_TRUE(taker_.AwaitEnds(500));
  Tcp().Send("y");
  EXPECT_TRUE(taker_.Await(501)) << "their places are free again";
}

TEST_F(ByteListenerTest, StopsThoughSendersAreConnectedAndWaiting) {
  Listen();
  const ByteClient idle = Tcp();
  const ByteClient waiting = Tcp();
  taker_.SetFull(true);
  waiting.Send("x");
  ASSERT_TRUE(taker_.AwaitRefusals(1));
  listener_.reset();
  EXPECT_TRUE(idle.AwaitClose());
  EXPECT_TRUE(waiting.AwaitClose());
}

TEST_F(ByteListenerTest, SaysWhyItCannotListen) {
  Listen();
  const std::string taken = "127.0.0.1:" + std::to_string(listener_->port());
  const auto again = ByteListener::Start({.address = taken, .tcp = false, .setting = "syslog.listen"}, {});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error(), taken + ": address already in use: another program listens there; choose another port with syslog.listen");
  EXPECT_THAT(ByteListener::Start({.address = "5514"}, {}).error(), HasSubstr("5514: not an address; write HOST:PORT"));
}

}  // namespace
}  // namespace logmill
