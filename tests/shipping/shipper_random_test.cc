// Whatever a destination does, and however often the shipper begins anew: every record is delivered, refused or counted as dropped.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "tests/shipping/shipper_fixture.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ShipperRandomTest : public ShipperFixture {
 protected:
  uint64_t Draw(uint64_t below) { return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_); }

  // What the store has, and how often; what it refused.
  void Store(uint64_t number) { ++stored_[number]; }
  // Everything before a batch is settled, or it would be delivered out of turn.
  void ExpectItsTurn(std::span<const ShipRecord> batch) {
    for (size_t i = 1; i < batch.size(); ++i) EXPECT_LT(NumberOf(batch[i - 1]), NumberOf(batch[i]));
    for (uint64_t number = shipper_->cursor(); number < NumberOf(batch.front()); ++number) {
      EXPECT_TRUE(stored_.contains(number) || refused_.contains(number) || IsTooOld(number)) << number;
    }
  }

  [[nodiscard]] bool IsTooOld(uint64_t number) const {
    return max_age_ != seconds(0) && read_ms_[number - 1] < clock_.UnixMillis() - milliseconds(max_age_).count();
  }

  Delivery Answer(std::span<const ShipRecord> batch) {
    ExpectItsTurn(batch);
    const uint64_t kind = Draw(10);
    if (kind < 2) return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kServerError, .pause = milliseconds(Draw(3000))};
    if (kind == 2) return LoseTheAnswer(batch);
    if (kind == 3 || std::ranges::any_of(batch, IsPoison)) {
      if (batch.size() == 1) refused_.insert(NumberOf(batch.front()));
      return {.kind = Delivery::Kind::kSplit, .words = "one is bad"};
    }
    Delivery delivery{.reason = RetryReason::kPartial};
    for (size_t i = 0; i < batch.size(); ++i) {
      const uint64_t fate = kind == 4 ? Draw(4) : 0;
      if (fate == 0) Store(NumberOf(batch[i]));
      if (fate == 1) Refuse(i, NumberOf(batch[i]), delivery);
      if (fate == 2) delivery.again.push_back(i);
      if (fate == 3) delivery.unsent.push_back(i);
    }
    return delivery;
  }
  // It has them, but nobody hears of it: they may come a second time.
  Delivery LoseTheAnswer(std::span<const ShipRecord> batch) {
    for (const ShipRecord& record : batch) {
      if (IsPoison(record)) continue;
      Store(NumberOf(record));
      repeatable_.insert(NumberOf(record));
    }
    return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kTimeout};
  }
  void Refuse(size_t index, uint64_t number, Delivery& delivery) {
    delivery.refused.push_back({index, "no"});
    refused_.insert(number);
  }
  static bool IsPoison(const ShipRecord& record) { return NumberOf(record) % kPoison == 0; }

  // As if nothing had ever been.
  void Begin(uint64_t seed) {
    random_.seed(seed);
    shipper_.reset();
    spool_.reset();
    std::filesystem::remove_all(folder_.Path("spool"));
    std::filesystem::remove_all(folder_.Path("destinations"));
    script_.steps.clear();
    appended_ = 0;
    read_ms_.clear();
    stored_.clear();
    refused_.clear();
    repeatable_.clear();
  }

  void DoAnything(const ShipperOptions& options) {
    const uint64_t action = Draw(20);
    if (action < 6) Append(1 + Draw(most_appended_));
    read_ms_.resize(appended_, clock_.UnixMillis());
    if (action == 6) Make(options);
    if (action == 7) spool_->Release(shipper_->cursor());
    if (action < 10) clock_.Advance(milliseconds(Draw(5000)));
    script_.steps.emplace_back([this](auto batch) { return Answer(batch); });
    const ShipStats before = shipper_->stats();
    shipper_->Step();
    EXPECT_LE(before.sent, shipper_->stats().sent);
    ExpectBalance();
  }

  // A store that is well, except for what nobody would want.
  void DeliverTheRest() {
    script_.steps.assign(5000, [this](std::span<const ShipRecord> batch) {
      if (std::ranges::any_of(batch, IsPoison)) return Delivery{.kind = Delivery::Kind::kSplit, .words = "one is bad"};
      for (const ShipRecord& record : batch) Store(NumberOf(record));
      return Delivery{};
    });
    ASSERT_TRUE(StepToTheEnd());
  }

  void ExpectAllAccountedFor(bool may_drop) {
    const ShipStats stats = shipper_->stats();
    EXPECT_EQ(stats.damaged, 0U);
    uint64_t missing = 0;
    for (uint64_t number = 1; number <= appended_; ++number) {
      if (number % kPoison != 0 && !stored_.contains(number) && !refused_.contains(number)) ++missing;
      EXPECT_TRUE(!stored_.contains(number) || stored_[number] == 1 || repeatable_.contains(number)) << number;
    }
    // What was stored may be dropped all the same: when the answer was lost, or a restart began its batch again.
    const uint64_t dropped = stats.dropped_full + stats.dropped_old;
    EXPECT_LE(missing, dropped);
    EXPECT_GE(missing + repeatable_.size() + refused_.size() + appended_ / kPoison, dropped);
    EXPECT_TRUE(may_drop || dropped == 0);
  }

  static constexpr uint64_t kPoison = 97;
  std::mt19937_64 random_;
  uint64_t most_appended_ = 0;
  seconds max_age_{0};
  std::vector<int64_t> read_ms_;  // of each record
  std::map<uint64_t, int> stored_;
  std::set<uint64_t> refused_;
  std::set<uint64_t> repeatable_;
};

TEST_F(ShipperRandomTest, NothingIsLostAndRepeatsHaveAReason) {
  for (uint64_t seed = 0; seed < 15; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Begin(seed);
    const ShipperOptions options{.batch_records = 1 + Draw(40),
                                 .batch_bytes = Draw(2) == 0 ? 1 + Draw(3000) : size_t{1} << 20,
                                 .max_backlog_bytes = Draw(3) == 0 ? 5000 + Draw(20'000) : uint64_t{1} << 30,
                                 .max_age = Draw(4) == 0 ? seconds(20) : seconds(0),
                                 .jitter_seed = seed};
    max_age_ = options.max_age;
    OpenSpool(2000 + Draw(20'000));
    // Few records make batches that are not full.
    most_appended_ = seed % 3 == 0 ? 3 : 60;
    Make(options);
    for (int i = 0; i < 300; ++i) DoAnything(options);
    DeliverTheRest();
    ExpectBalance();
    ExpectAllAccountedFor(options.max_age != seconds(0) || options.max_backlog_bytes != uint64_t{1} << 30);
  }
}

}  // namespace
}  // namespace logmill
