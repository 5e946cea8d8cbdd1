#include "sources/shared_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/file_set.h"
#include "tests/sources/log_writer.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

constexpr FileId kFile{.device = 1, .inode = 2, .born_ns = 3};

auto Told(const std::string& path, const std::string& reader) {
  return ElementsAre(AllOf(Field(&SharedFiles::Shared::path, path), Field(&SharedFiles::Shared::reader, reader)));
}

TEST(SharedFilesTest, SaysOnceWhoReadsAFile) {
  FileRegistry registry;
  SharedFiles files(registry, "second", {});
  registry.Expect(kFile);
  files.Note("/a.log", kFile);
  EXPECT_THAT(files.Take(), IsEmpty()) << "nobody knows yet whose it is";
  registry.Expected(kFile);
  ASSERT_TRUE(registry.Take(kFile, "first"));
  files.Note("/a.log", kFile);
  EXPECT_THAT(files.Take(), Told("/a.log", "first"));
  files.Note("/a.log", kFile);
  files.Keep({"/a.log"});
  files.Note("/a.log", kFile);
  EXPECT_THAT(files.Take(), IsEmpty());
  files.Keep({});
  files.Note("/a.log", kFile);
  EXPECT_THAT(files.Take(), Told("/a.log", "first")) << "it came again";
}

TEST(SharedFilesTest, WhatTheEntryReadsItselfIsAsItShouldBe) {
  FileRegistry registry;
  SharedFiles files(registry, "logs", {});
  ASSERT_TRUE(registry.Take(kFile, "logs"));
  files.Note("/other/name.log", kFile);
  EXPECT_THAT(files.Take(), IsEmpty());
}

TEST(SharedFilesTest, WhatAnEntryBeforeMatchesIsLeftToIt) {
  FileRegistry registry;
  SharedFiles files(registry, "second", {{.pattern = "/logs/a*.log", .name = "first"}});
  EXPECT_FALSE(files.BelongsToOther("/logs/b.log"));
  EXPECT_FALSE(files.BelongsToOther("/logs/deep/a.log"));
  EXPECT_TRUE(files.BelongsToOther("/logs/./a.log"));
  EXPECT_THAT(files.Take(), Told("/logs/./a.log", "first"));
}

// Two entries that match the same file, which the first one has found.
class TwoSetsTest : public ::testing::Test {
 protected:
  TwoSetsTest() { writer_.Write("1\n"); }

  FileSet Set(const std::string& pattern, const std::string& name, std::vector<SharedFiles::Entry> before = {}) {
    return {{.pattern = writer_.Path(pattern), .source = name, .before = std::move(before)}, {}, registry_, watcher_, clock_};
  }

  testing::LogWriter writer_;
  FileRegistry registry_;
  Watcher watcher_{{.use_inotify = false}};
  const FakeClock clock_;
  FileSet first_ = Set("app.log", "first");
};

TEST_F(TwoSetsTest, TheSecondOneSaysIt) {
  FileSet second = Set("*.log", "second");
  const auto found = first_.Find(10);
  EXPECT_EQ(found.size(), 1U);
  EXPECT_THAT(second.Find(10), IsEmpty());
  EXPECT_THAT(first_.TakeShared(), IsEmpty());
  EXPECT_THAT(second.TakeShared(), Told(writer_.Path("app.log"), "first"));
  EXPECT_THAT(second.Find(10), IsEmpty());
  EXPECT_THAT(second.TakeShared(), IsEmpty());
}

// The first one still has the path, though another file is there: an empty one, so far.
TEST_F(TwoSetsTest, ARotatedFileStaysWithTheFirstOne) {
  FileSet second = Set("*.log", "second", {{.pattern = writer_.Path("app.log"), .name = "first"}});
  const auto found = first_.Find(10);
  ASSERT_EQ(found.size(), 1U);
  writer_.RotateByRename("app.log.1");
  writer_.Reopen();
  EXPECT_THAT(second.Find(10), IsEmpty());
  EXPECT_THAT(second.TakeShared(), Told(writer_.Path("app.log"), "first"));
}

}  // namespace
}  // namespace logmill
