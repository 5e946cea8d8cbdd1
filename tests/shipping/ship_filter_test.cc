#include "shipping/ship_filter.h"

#include <gtest/gtest.h>

#include "tests/shipping/numbered_records.h"

namespace logmill {
namespace {

ShipRecord Text(std::string_view level, std::string_view context, std::string_view source, RecordFormat format = RecordFormat::kJson) {
  return {.format = format, .level = level, .context = context, .source = source};
}

TEST(ShipFilterTest, WithoutRulesEverythingPasses) {
  EXPECT_TRUE(ShipFilter().Passes({}));
  EXPECT_TRUE(ShipFilter().passes_everything());
}

TEST(ShipFilterTest, TheFirstRuleThatFitsDecides) {
  const ShipFilter filter({{.levels = {"error", "fatal"}, .share = 1},
                           {.levels = {"verbose", "debug"}},
                           {.contexts = {"Router", ""}, .sources = {"api"}},
                           {.format = RecordFormat::kText}});
  EXPECT_FALSE(filter.passes_everything());
  EXPECT_TRUE(filter.Passes(Text("error", "Router", "api", RecordFormat::kText)));
  EXPECT_FALSE(filter.Passes(Text("debug", "Jobs", "api")));
  EXPECT_FALSE(filter.Passes(Text("log", "Router", "api")));
  EXPECT_FALSE(filter.Passes(Text("log", "", "api")));
  EXPECT_TRUE(filter.Passes(Text("log", "Router", "worker")));
  EXPECT_TRUE(filter.Passes(Text("Debug", "Jobs", "api"))) << "words are compared as they are";
  EXPECT_FALSE(filter.Passes(Text("", "", "worker", RecordFormat::kText)));
}

TEST(ShipFilterTest, AShareIsOfTheSameRecordsEachTimeAndASmallerOneAPartOfALargerOne) {
  const NumberedRecords records(1, 20'000);
  for (const double share : {0.0, 0.01, 0.25, 0.5, 0.99, 1.0}) {
    const ShipFilter filter(std::vector<ShipFilterRule>{{.share = share}});
    const ShipFilter again(std::vector<ShipFilterRule>{{.levels = {"log"}, .share = share}});
    const ShipFilter half(std::vector<ShipFilterRule>{{.share = share / 2}});
    double passed = 0;
    for (const ShipRecord& record : records.all()) {
      passed += filter.Passes(record) ? 1 : 0;
      EXPECT_EQ(filter.Passes(record), again.Passes(record));
      EXPECT_TRUE(filter.Passes(record) || !half.Passes(record));
    }
    EXPECT_NEAR(passed / 20'000, share, 0.015) << share;
    EXPECT_TRUE(passed == share * 20'000 || (share > 0 && share < 1)) << share;
  }
}

}  // namespace
}  // namespace logmill
