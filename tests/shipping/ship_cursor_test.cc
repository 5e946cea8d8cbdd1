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
                         .damaged = 6};

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
