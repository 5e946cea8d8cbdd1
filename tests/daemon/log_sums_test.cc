#include "daemon/log_sums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

using ::testing::Optional;

TEST(LogSums, AddUpAFamilyOrWhatHasALabelOfIt) {
  TestClock clock;
  Store store({CounterFamily("errors_total", {"code", "port"})}, clock);
  Shard& shard = store.AddShard();
  shard.Add(CellOf(shard, 0, {"A", "1"}), 3);
  shard.Add(CellOf(shard, 0, {"B", "1"}), 4);
  shard.Add(CellOf(shard, 0, {"\",port=\"1", "2"}), 5);
  const auto is = [](std::string_view wanted) { return [wanted](std::string_view value) { return value == wanted; }; };
  EXPECT_THAT(SumOf(store, "errors_total"), Optional(12.0));
  EXPECT_THAT(SumOf(store, "errors_total", "port", is("1")), Optional(7.0));
  EXPECT_THAT(SumOf(store, "errors_total", "port", is("2")), Optional(5.0));
  EXPECT_THAT(SumOf(store, "errors_total", "code", is("B")), Optional(4.0));
  EXPECT_THAT(SumOf(store, "errors_total", "ode", is("B")), Optional(0.0));
  EXPECT_EQ(SumOf(store, "unknown_total"), std::nullopt);
}

TEST(LogSums, TogetherAreThoseThatThereAre) {
  EXPECT_EQ(Together({std::nullopt, std::nullopt}), std::nullopt);
  EXPECT_THAT(Together({std::nullopt, 2, 3}), Optional(5.0));
}

}  // namespace
}  // namespace logmill
