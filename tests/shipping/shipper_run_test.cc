// The shipper's thread: what wakes it, and how it ends. Waits for conditions, for as long as it takes.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "shipping/shipper.h"
#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// What a destination does, and when: any thread.
struct Scene {
  std::mutex mutex = {};
  std::condition_variable changed = {};
  uint64_t delivered = 0;
  size_t calls = 0;
  bool silent = false;  // answers nothing until it is interrupted
  bool dead = false;    // refuses
  bool interrupted = false;

  void Await(const auto& holds) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 60s, holds));
  }
};

class SceneDestination final : public Destination {
 public:
  explicit SceneDestination(Scene& scene) : scene_(scene) {}

  Delivery Deliver(std::span<const ShipRecord> batch) override {
    std::unique_lock lock(scene_.mutex);
    ++scene_.calls;
    scene_.changed.notify_all();
    if (scene_.silent) scene_.changed.wait(lock, [&] { return scene_.interrupted; });
    if (scene_.dead || scene_.interrupted) return {.kind = Delivery::Kind::kRetry, .words = "away"};
    scene_.delivered += batch.size();
    scene_.changed.notify_all();
    return {};
  }
  std::expected<std::string, std::string> Check() override {
    if (scene_.dead) return std::unexpected("nobody there");
    return "is ready";
  }
  void Interrupt() override {
    const std::lock_guard lock(scene_.mutex);
    scene_.interrupted = true;
    scene_.changed.notify_all();
  }

 private:
  Scene& scene_;
};

class ShipperRunTest : public testing::Test {
 protected:
  void SetUp() override {
    auto spool = Spool::Open({.folder = folder_.Path("spool")}, SystemClock());
    ASSERT_TRUE(spool.has_value()) << spool.error();
    spool_ = std::move(*spool);
  }
  void Start(ShipperOptions options) {
    options.name = "store";
    options.folder = folder_.Path("destinations");
    options.on_error = [this](const std::string& sentence) {
      const std::lock_guard lock(scene_.mutex);
      said_.push_back(sentence);
      scene_.changed.notify_all();
    };
    shipper_ = std::make_unique<Shipper>(std::move(options), std::make_unique<SceneDestination>(scene_), *spool_, SystemClock());
    thread_ = std::jthread([this](const std::stop_token& stop) { shipper_->Run(stop); });
  }
  void Stop() {
    thread_.request_stop();
    thread_.join();
  }
  void Append(uint64_t count) {
    SpoolBatch batch(spool_->key());
    const NumberedRecords records(1, count, SystemClock().UnixMillis());
    for (const ShipRecord& record : records.all()) batch.Add(record);
    ASSERT_TRUE(spool_->Append(batch).has_value());
  }
  void AwaitDelivered(uint64_t count) {
    scene_.Await([&] { return scene_.delivered == count; });
  }

  const TemporaryFolder folder_;
  Scene scene_;
  std::vector<std::string> said_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Shipper> shipper_;
  std::jthread thread_;
};

TEST_F(ShipperRunTest, DeliversWhatComesWhenItComes) {
  Start({.batch_records = 10, .batch_wait = 1ms});
  for (uint64_t i = 1; i <= 20; ++i) {
    Append(7);
    AwaitDelivered(7 * i);
  }
  Stop();
  EXPECT_EQ(shipper_->stats().sent, 140U);
  EXPECT_EQ(shipper_->cursor(), 141U);
  EXPECT_TRUE(shipper_->stats().up);
  EXPECT_THAT(said_, testing::IsEmpty());
}

TEST_F(ShipperRunTest, AtTheStopAPartOfABatchIsSent) {
  Start({.batch_wait = 1h, .stop_patience = 1h});
  Append(5);
  Stop();
  EXPECT_EQ(scene_.delivered, 5U);
  EXPECT_EQ(shipper_->stats().sent, 5U);
}

TEST_F(ShipperRunTest, AServerThatSaysNothingIsInterruptedWhenPatienceIsOver) {
  scene_.silent = true;
  Start({.batch_wait = 0ms, .first_pause = 1ms, .max_pause = 1ms, .stop_patience = 50ms});
  Append(5);
  scene_.Await([&] { return scene_.calls == 1; });
  Stop();
  EXPECT_TRUE(scene_.interrupted);
  EXPECT_EQ(scene_.calls, 1U) << "there is no patience after the patience";
  EXPECT_EQ(shipper_->stats().backlog_records, 5U) << "they are kept for the next life";
  EXPECT_EQ(shipper_->cursor(), 1U);
}

TEST_F(ShipperRunTest, TheStopDoesNotWaitForAPauseThatIsLongerThanItsPatience) {
  scene_.dead = true;
  Start({.batch_wait = 0ms, .first_pause = 1h, .max_pause = 1h, .stop_patience = 1s});
  Append(5);
  scene_.Await([&] { return scene_.calls == 1; });
  Stop();
  EXPECT_EQ(scene_.calls, 1U);
  EXPECT_EQ(shipper_->stats().backlog_records, 5U);
}

TEST_F(ShipperRunTest, ADestinationThatIsNotWellAtTheStartIsSaidAndTriedAllTheSame) {
  scene_.dead = true;
  Start({.batch_wait = 0ms, .first_pause = 1ms, .max_pause = 1ms});
  scene_.Await([&] { return !said_.empty(); });
  EXPECT_THAT(said_, ElementsAre("store: nobody there; it is tried all the same"));
  EXPECT_FALSE(shipper_->stats().up);
  EXPECT_EQ(shipper_->stats().last_error, "nobody there");
  Append(5);
  scene_.Await([&] { return scene_.calls >= 3; });
  {
    const std::lock_guard lock(scene_.mutex);
    scene_.dead = false;
  }
  AwaitDelivered(5);
  Stop();
  EXPECT_EQ(shipper_->stats().sent, 5U);
}

TEST_F(ShipperRunTest, StopsWhileNothingIsToBeDone) {
  for (int i = 0; i < 20; ++i) {
    Start({});
    Stop();
  }
}

}  // namespace
}  // namespace logmill
