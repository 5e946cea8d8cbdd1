#include "shipping/ship_cursor.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

const ShipCursor kCursor{.sequence = 17,
                         .note = "1 \"2\" \\ ü\n",
                         .sent = UINT64_MAX,
                         .refused = 2,
                         .dropped_full = 3,
                         .dropped_old = 4,
                         .filtered = 5,
                         .damaged = 6,
                         .ahead = {{18, 20, ShipOutcome::kSent},
                                   {20, 21, ShipOutcome::kRefused},
                                   {25, 26, ShipOutcome::kDroppedFull},
                                   {26, 27, ShipOutcome::kDroppedOld},
                                   {30, 40, ShipOutcome::kFiltered},
                                   {40, UINT64_MAX, ShipOutcome::kDamaged}}};

TEST(ShipCursorTest, ComesBackAsItWas) {
  const TemporaryFolder folder;
  bool damaged = true;
  EXPECT_EQ(LoadShipCursor(folder.Path("a.cursor"), &damaged), std::nullopt);
  EXPECT_FALSE(damaged) << "there is none";
  for (const ShipCursor& cursor : {ShipCursor{}, kCursor}) {
    ASSERT_TRUE(SaveShipCursor(folder.Path("a.cursor"), cursor).has_value());
    EXPECT_EQ(LoadShipCursor(folder.Path("a.cursor"), &damaged), cursor);
    EXPECT_FALSE(damaged);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.Path("a.cursor.new")));
}

TEST(ShipCursorTest, AnyDamageIsFoundAndSetAside) {
  const TemporaryFolder folder;
  ASSERT_TRUE(SaveShipCursor(folder.Path("good"), kCursor).has_value());
  const std::string good = folder.Read("good");
  const auto expect_damage = [&](const std::string& text) {
    folder.Write("bad", text);
    bool damaged = false;
    EXPECT_EQ(LoadShipCursor(folder.Path("bad"), &damaged), std::nullopt) << text;
    EXPECT_TRUE(damaged) << text;
    EXPECT_EQ(folder.Read("bad.damaged"), text);
    EXPECT_FALSE(std::filesystem::exists(folder.Path("bad")));
  };
  for (size_t length = 0; length < good.size(); ++length) expect_damage(good.substr(0, length));
  for (size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    expect_damage(changed);
  }
  expect_damage(good + good);
  expect_damage(std::string(3'000'000, '['));
}

TEST(ShipCursorTest, SoManyRunsAsFitAreKept) {
  const TemporaryFolder folder;
  ShipCursor cursor{.sequence = 1};
  for (uint64_t number = 1; number <= 100'000; ++number) cursor.ahead.push_back({2 * number, 2 * number + 1, ShipOutcome::kDroppedFull});
  ASSERT_TRUE(SaveShipCursor(folder.Path("a"), cursor).has_value());
  bool damaged = true;
  const auto loaded = LoadShipCursor(folder.Path("a"), &damaged);
  ASSERT_TRUE(loaded);
  EXPECT_GT(loaded->ahead.size(), 5000U);
  EXPECT_EQ(loaded->ahead.back(), cursor.ahead[loaded->ahead.size() - 1]);
}

TEST(ShipCursorTest, TheHighestIsTheEndOfWhatAnyKnows) {
  const TemporaryFolder folder;
  EXPECT_EQ(HighestCursor(folder.Path("")), 1U);
  ASSERT_TRUE(SaveShipCursor(folder.Path("a.cursor"), {.sequence = 50}).has_value());
  EXPECT_EQ(HighestCursor(folder.Path("")), 50U);
  ASSERT_TRUE(SaveShipCursor(folder.Path("b.cursor"), {.sequence = 9, .ahead = {{20, 70, ShipOutcome::kSent}}}).has_value());
  EXPECT_EQ(HighestCursor(folder.Path("")), 70U);
}

TEST(ShipCursorTest, WhatCannotBeWrittenLeavesTheOldOne) {
  const TemporaryFolder folder;
  ASSERT_TRUE(SaveShipCursor(folder.Path("a"), kCursor).has_value());
  std::filesystem::create_directory(folder.Path("a.new"));
  const auto saved = SaveShipCursor(folder.Path("a"), {});
  ASSERT_FALSE(saved.has_value());
  EXPECT_EQ(saved.error(), folder.Path("a.new") + " cannot be written: Is a directory");
  bool damaged = false;
  EXPECT_EQ(LoadShipCursor(folder.Path("a"), &damaged), kCursor);
  EXPECT_FALSE(SaveShipCursor(folder.Path("missing/a"), kCursor).has_value());
}

}  // namespace
}  // namespace logmill
