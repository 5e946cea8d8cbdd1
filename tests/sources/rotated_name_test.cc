#include "sources/rotated_name.h"

#include <gtest/gtest.h>

namespace logmill {
namespace {

TEST(RotatedNameTest, NamesThatRotationMakes) {
  for (const char* name : {"app.log.1", "app.log.12.gz", "app.log.gz", "app.log-20261122", "app.log-20261122-1795338275.gz", "app-20261122.log",
                           "app-2026-11-22.log.gz", "app.log.old", "app.log.bak", "app.log~", "app_2026-11-22_14-30.log", "app.1.log",
                           "app.log.2026-11-22", "app.log.20261122T143000Z", "app__2026-11-22_00-00-00.log"}) {
    EXPECT_TRUE(IsRotatedName("app.log", name)) << name;
    EXPECT_EQ(RotationKey(name), "app.log") << name;
  }
  EXPECT_TRUE(IsRotatedName("messages", "messages-20261122"));
  EXPECT_TRUE(IsRotatedName("0.log", "0.log.20261122-143000.gz"));
}

TEST(RotatedNameTest, NamesOfOtherFiles) {
  for (const char* name : {"app.log", "app.log.error", "app-error.log", "application.log", "app2.log", "app.log2", "app.txt", "app.log.", "app",
                           "xapp.log", "app.log.1x"}) {
    EXPECT_FALSE(IsRotatedName("app.log", name)) << name;
  }
  EXPECT_FALSE(IsRotatedName("app-1.log", "app-2.log"));
  EXPECT_FALSE(IsRotatedName("app.log.1", "app.log.10"));
}

}  // namespace
}  // namespace logmill
