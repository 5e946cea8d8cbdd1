#include "sources/rotated_name.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace logmill {
namespace {

TEST(RotatedNameTest, NamesThatRotationMakes) {
  for (const char* name :
       {"app.log.1", "app.log.12.gz", "app.log.gz", "app.log-20261122", "app.log-20261122-1795338275.gz", "app-20261122.log",
        "app-2026-11-22.log.gz", "app.log.old", "app.log.bak", "app.log~", "app_2026-11-22_14-30.log", "app.1.log", "app.log.2026-11-22",
        "app.log.20261122T143000Z", "app__2026-11-22_00-00-00.log"}) {
    EXPECT_TRUE(IsRotatedName("app.log", name)) << name;
    EXPECT_EQ(RotationKey(name), "app.log") << name;
  }
  EXPECT_TRUE(IsRotatedName("messages", "messages-20261122"));
  EXPECT_TRUE(IsRotatedName("0.log", "0.log.20261122-143000.gz"));
}

TEST(RotatedNameTest, NamesOfOtherFiles) {
  for (const char* name : {"app.log", "app.log.error", "app-error.log", "application.log", "app2.log", "app.log2", "app.txt", "app.log.",
                           "app", "xapp.log", "app.log.1x"}) {
    EXPECT_FALSE(IsRotatedName("app.log", name)) << name;
  }
  EXPECT_FALSE(IsRotatedName("app-1.log", "app-2.log"));
  EXPECT_FALSE(IsRotatedName("app.log.1", "app.log.10"));
}

// Files are looked for by their key.
TEST(RotatedNameTest, ARotatedNameAlwaysHasTheSameKey) {
  constexpr std::array<const char*, 18> kPieces = {"app",  "log",      ".",   "-",   "_",   "~",    "@", ":",  "1",
                                                   "T14Z", "20261122", "old", "bak", ".gz", ".log", "x", "..", ""};
  std::mt19937 random(1);
  const auto name = [&](size_t pieces) {
    std::string made;
    while (pieces-- > 0) made += kPieces[random() % kPieces.size()];
    return made;
  };
  int rotated = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string base = name(1 + random() % 4);
    const size_t at = random() % (base.size() + 1);
    const std::string other = base.substr(0, at) + name(random() % 4) + base.substr(at) + name(random() % 2);
    if (!IsRotatedName(base, other)) continue;
    ++rotated;
    ASSERT_EQ(RotationKey(base), RotationKey(other)) << base << " and " << other;
  }
  EXPECT_GT(rotated, 1000);
}

TEST(RotatedNameTest, ThePathOfTheLogThatItWas) {
  EXPECT_EQ(CurrentPath("/logs/app.log.2.gz"), "/logs/app.log");
  EXPECT_EQ(CurrentPath("app-20261122.log"), "app.log");
  EXPECT_EQ(CurrentPath("/app.d/app.log"), "/app.d/app.log");
}

}  // namespace
}  // namespace logmill
