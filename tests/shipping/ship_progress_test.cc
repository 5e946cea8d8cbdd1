#include "shipping/ship_progress.h"

#include <gtest/gtest.h>

namespace logmill {
namespace {

TEST(ShipProgressTest, TheCursorFollowsBehindWhatIsSettledAndCountsIt) {
  ShipProgress progress(ShipCursor{.sequence = 17});
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
  const ShipRun filtered{21, 30, ShipOutcome::kFiltered};
  const ShipRun dropped{31, 32, ShipOutcome::kDroppedFull};
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 20, .damaged = 3, .ahead = {filtered, dropped}}));
  progress.Settle(1, ShipOutcome::kRefused);
  EXPECT_FALSE(progress.MoveOn(cursor));
  EXPECT_EQ(cursor.ahead, (std::vector<ShipRun>{filtered, {30, 31, ShipOutcome::kRefused}, dropped}));
  progress.Settle(0, ShipOutcome::kSent);
  EXPECT_FALSE(progress.finished());
  EXPECT_TRUE(progress.MoveOn(cursor));
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 32, .sent = 1, .refused = 1, .dropped_full = 1, .filtered = 9, .damaged = 3}));
  EXPECT_TRUE(progress.finished());
}

TEST(ShipProgressTest, WhatIsSettledAheadIsNotedAndKeptByAnotherLife) {
  ShipProgress progress(ShipCursor{.sequence = 10});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(progress.AddRecord());  // 10 to 14
  progress.Pass(17, ShipOutcome::kFiltered);
  EXPECT_TRUE(progress.AddRecord());  // 17
  EXPECT_TRUE(progress.AddRecord());  // 18
  for (const size_t record : {0U, 2U, 3U, 6U}) progress.Settle(record, ShipOutcome::kSent);
  progress.Settle(4, ShipOutcome::kRefused);
  ShipCursor cursor;
  progress.MoveOn(cursor);
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 11,
                                .sent = 1,
                                .ahead = {{12, 14, ShipOutcome::kSent},
                                          {14, 15, ShipOutcome::kRefused},
                                          {15, 17, ShipOutcome::kFiltered},
                                          {18, 19, ShipOutcome::kSent}}}));
  EXPECT_EQ(cursor.end(), 19U);

  ShipProgress later(cursor);
  EXPECT_TRUE(later.AddRecord());   // 11
  EXPECT_FALSE(later.AddRecord());  // 12
  ShipCursor same = cursor;
  later.MoveOn(same);
  EXPECT_EQ(same, cursor) << "what was not read yet stays noted";
  later.Pass(18, ShipOutcome::kDroppedOld);  // 17; the others have their outcomes
  later.Settle(0, ShipOutcome::kSent);
  EXPECT_FALSE(later.AddRecord());  // 18
  EXPECT_TRUE(later.AddRecord());   // 19
  later.MoveOn(cursor);
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 19, .sent = 5, .refused = 1, .dropped_old = 1, .filtered = 2}));
}

TEST(ShipProgressTest, WhatIsSettledMakesRoomAndIsStillCounted) {
  ShipProgress progress(ShipCursor{.sequence = 10});
  ShipCursor cursor;
  for (int i = 0; i < 6; ++i) progress.AddRecord();  // 10 to 15
  for (const size_t record : {0U, 1U, 3U, 4U}) progress.Settle(record, ShipOutcome::kSent);
  progress.MoveOn(cursor);
  const ShipCursor before = cursor;
  EXPECT_EQ(progress.KeepOpen(), (std::vector<size_t>{2, 5}));
  EXPECT_FALSE(progress.MoveOn(cursor));
  EXPECT_EQ(cursor, before);
  EXPECT_TRUE(progress.is_open(0));
  progress.AddRecord();  // 16
  progress.Settle(2, ShipOutcome::kRefused);
  progress.Settle(1, ShipOutcome::kSent);
  progress.MoveOn(cursor);
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 12, .sent = 2, .ahead = {{13, 16, ShipOutcome::kSent}, {16, 17, ShipOutcome::kRefused}}}));
  progress.Settle(0, ShipOutcome::kSent);
  progress.MoveOn(cursor);
  EXPECT_EQ(cursor, (ShipCursor{.sequence = 17, .sent = 6, .refused = 1}));
}

}  // namespace
}  // namespace logmill
