#include "daemon/sliding_window.h"

#include <gtest/gtest.h>

namespace logmill {
namespace {

using std::chrono::seconds;

TEST(SlidingWindow, KeepsWhatIsYoungerThanItsLength) {
  SlidingWindow window(seconds(10));
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.Sum(), 0);
  EXPECT_EQ(window.Stretch(), seconds(0));
  window.Add(seconds(1), 5);
  window.Add(seconds(4), 2);
  EXPECT_EQ(window.Sum(), 7);
  EXPECT_EQ(window.oldest(), seconds(1));
  EXPECT_EQ(window.newest(), seconds(4));
  EXPECT_EQ(window.Stretch(), seconds(3));
  window.Add(seconds(10), 0);
  EXPECT_EQ(window.Sum(), 7);
  window.Add(seconds(11), 0);
  EXPECT_EQ(window.Sum(), 2);
  EXPECT_EQ(window.Stretch(), seconds(0));
  window.Add(seconds(14), 0);
  EXPECT_TRUE(window.empty());
}

TEST(SlidingWindow, NothingIsNoPartOfIt) {
  SlidingWindow window(seconds(10));
  window.Add(seconds(1), 0);
  EXPECT_TRUE(window.empty());
  window.Add(seconds(2), 1);
  window.Clear();
  EXPECT_TRUE(window.empty());
}

}  // namespace
}  // namespace logmill
