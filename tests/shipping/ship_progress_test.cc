#include "shipping/ship_progress.h"

#include <gmock/gmock.h>

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ShipProgressTest, TheCursorFollowsBehindWhatIsSettledAndCountsIt) {
  ShipProgress progress(17);
  progress.Pass(20, ShipOutcome::kDamaged);  // 17 to 19
  progress.AddRecord();                      // 20
  progress.Pass(24, ShipOutcome::kFiltered);
  progress.Pass(30, ShipOutcome::kFiltered);
  progress.AddRecord();  // 30
  progress.Pass(32, ShipOutcome::kDroppedFull);
  progress.Pass(31, ShipOutcome::kDroppedOld);
  EXPECT_EQ(progress.end(), 32U);
  EXPECT_EQ(progress.size(), 15U);
  ShipCursor cursor;
  EXPECT_TRUE(progress.MoveOn(cursor));
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 20, .damaged = 3}));
  progress.Settle(1, ShipOutcome::kRefused);
  EXPECT_FALSE(progress.MoveOn(cursor));
  progress.Settle(0, ShipOutcome::kSent);
  EXPECT_FALSE(progress.finished());
  EXPECT_TRUE(progress.MoveOn(cursor));
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 32, .sent = 1, .refused = 1, .dropped_full = 1, .filtered = 9, .damaged = 3}));
  EXPECT_TRUE(progress.finished());
}

TEST(ShipProgressTest, GroupsKeepTheOrder) {
  ShipProgress progress(1);
  for (int i = 0; i < 5; ++i) progress.AddRecord();
  EXPECT_THAT(progress.NextGroup(), IsEmpty());
  progress.Settle(1, ShipOutcome::kDroppedOld);
  progress.BeginSending();
  EXPECT_THAT(progress.NextGroup(), ElementsAre(0, 2, 3, 4));
  progress.SplitGroup();
  EXPECT_THAT(progress.NextGroup(), ElementsAre(0, 2));
  progress.SplitGroup();
  progress.Settle(0, ShipOutcome::kSent);
  EXPECT_THAT(progress.NextGroup(), ElementsAre(2));
  progress.Settle(2, ShipOutcome::kSent);
  progress.Settle(4, ShipOutcome::kSent);
  EXPECT_THAT(progress.NextGroup(), ElementsAre(3));
  progress.Settle(3, ShipOutcome::kSent);
  EXPECT_THAT(progress.NextGroup(), IsEmpty());
}

TEST(ShipProgressTest, AGroupMayComeAfterTheOthers) {
  ShipProgress progress(1);
  for (int i = 0; i < 4; ++i) progress.AddRecord();
  progress.BeginSending();
  progress.NextGroup();
  progress.PostponeGroup();
  EXPECT_THAT(progress.NextGroup(), ElementsAre(0, 1, 2, 3)) << "there is no other";
  progress.SplitGroup();
  progress.SplitGroup();
  progress.PostponeGroup();
  EXPECT_THAT(progress.NextGroup(), ElementsAre(1));
  progress.PostponeGroup();
  EXPECT_THAT(progress.NextGroup(), ElementsAre(2, 3));
  progress.PostponeGroup();
  EXPECT_THAT(progress.NextGroup(), ElementsAre(0));
}

}  // namespace
}  // namespace logmill
