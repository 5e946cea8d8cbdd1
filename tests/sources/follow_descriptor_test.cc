#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "sources/source.h"

namespace logmill {
namespace {

using Status = ReadResult::Status;

class FollowDescriptorTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(ends_.data()), 0); }
  void TearDown() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  std::array<int, 2> ends_{};
  std::array<char, 64> room_{};
};

TEST_F(FollowDescriptorTest, NeverWaits) {
  const auto source = FollowDescriptor(ends_[0], "stdin");
  EXPECT_EQ(source->name(), "stdin");
  EXPECT_EQ(source->Read(room_).status, Status::kIdle);
  ASSERT_EQ(::write(ends_[1], "abc", 3), 3);
  EXPECT_EQ(source->LagBytes(), 3U);
  const ReadResult result = source->Read(room_);
  EXPECT_EQ(result.status, Status::kData);
  EXPECT_EQ(std::string(room_.data(), result.bytes), "abc");
  EXPECT_EQ(source->Read(room_).status, Status::kIdle);
  Position position;
  EXPECT_FALSE(source->Locate(3, &position)) << "cannot be replayed";
  ::close(ends_[1]);
  ends_[1] = -1;
  EXPECT_EQ(source->Read(room_).status, Status::kEnd);
  EXPECT_EQ(source->Read(room_).status, Status::kEnd);
}

TEST_F(FollowDescriptorTest, ADescriptorThatIsNotOpenIsAnError) {
  const auto source = FollowDescriptor(987654, "stdin");
  const ReadResult result = source->Read(room_);
  EXPECT_EQ(result.status, Status::kError);
  EXPECT_EQ(result.error, "stdin: is not open");
}

}  // namespace
}  // namespace logmill
