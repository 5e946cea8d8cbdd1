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

TEST(SharedFilesTest, TheSecondOfTwoSetsSaysIt) {
  testing::LogWriter writer;
  writer.Write("1\n");
  FileRegistry registry;
  Watcher watcher({.use_inotify = false});
  const FakeClock clock;
  FileSet first({.pattern = writer.Path("app.log"), .source = "first"}, {}, registry, watcher, clock);
  FileSet second({.pattern = writer.Path("*.log"), .source = "second"}, {}, registry, watcher, clock);
  const auto found = first.Find(10);
  EXPECT_EQ(found.size(), 1U);
  EXPECT_THAT(second.Find(10), IsEmpty());
  EXPECT_THAT(first.TakeShared(), IsEmpty());
  EXPECT_THAT(second.TakeShared(), Told(writer.Path("app.log"), "first"));
  EXPECT_THAT(second.Find(10), IsEmpty());
  EXPECT_THAT(second.TakeShared(), IsEmpty());
}

TEST(SharedFilesTest, WhatAnEntryBeforeMatchesIsLeftToIt) {
  FileRegistry registry;
  SharedFiles files(registry, "second", {{.pattern = "/logs/a*.log", .name = "first"}});
  EXPECT_FALSE(files.BelongsToOther("/logs/b.log"));
  EXPECT_FALSE(files.BelongsToOther("/logs/deep/a.log"));
  EXPECT_TRUE(files.BelongsToOther("/logs/./a.log"));
  EXPECT_THAT(files.Take(), Told("/logs/./a.log", "first"));
}

// The first one still has the path, though another file is there: an empty one, so far.
TEST(SharedFilesTest, ARotatedFileStaysWithTheFirstOfTwoSets) {
  testing::LogWriter writer;
  writer.Write("1\n");
  FileRegistry registry;
  Watcher watcher({.use_inotify = false});
  const FakeClock clock;
  FileSet first({.pattern = writer.Path("app.log"), .source = "first"}, {}, registry, watcher, clock);
  FileSet second({.pattern = writer.Path("*.log"), .source = "second", .before = {{.pattern = writer.Path("app.log"), .name = "first"}}},
                 {}, registry, watcher, clock);
  const auto found = first.Find(10);
  ASSERT_EQ(found.size(), 1U);
  writer.RotateByRename("app.log.1");
  writer.Reopen();
  EXPECT_THAT(second.Find(10), IsEmpty());
  EXPECT_THAT(second.TakeShared(), Told(writer.Path("app.log"), "first"));
}

}  // namespace
}  // namespace logmill
