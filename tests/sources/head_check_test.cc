#include "sources/head_check.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "sources/file_descriptor.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

class HeadCheckTest : public ::testing::Test {
 protected:
  [[nodiscard]] FileDescriptor Open() const { return FileDescriptor(::open(writer_.Path("app.log").c_str(), O_RDONLY | O_CLOEXEC)); }

  testing::LogWriter writer_;
};

TEST_F(HeadCheckTest, TellsAHeadFromAnother) {
  writer_.Write("one\ntwo\n");
  const FileDescriptor file = Open();
  const Fingerprint print = Fingerprint::Of(file.get(), 8).value();
  HeadCheck check;
  EXPECT_EQ(check.Same(file.get(), print), true);
  writer_.Truncate();
  EXPECT_EQ(check.Same(file.get(), print), false);
  EXPECT_EQ(EndsAlike(file.get(), print), false);
  writer_.Write("one\nTWO\n");
  EXPECT_EQ(check.Same(file.get(), print), false);
  EXPECT_EQ(EndsAlike(file.get(), print), false);
}

TEST_F(HeadCheckTest, WhatCannotBeReadIsNotAnother) {
  writer_.Write("one\ntwo\n");
  const FileDescriptor file = Open();
  const Fingerprint print = Fingerprint::Of(file.get(), 8).value();
  const FileDescriptor folder(::open(writer_.Path("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(HeadCheck().Same(folder.get(), print), std::nullopt);
  EXPECT_EQ(EndsAlike(folder.get(), print), std::nullopt);
}

}  // namespace
}  // namespace logmill
