#include "shipping/file_destination.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <deque>
#include <filesystem>

#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FileDestinationTest : public testing::Test {
 protected:
  void Make(FileDestinationOptions options = {}) {
    options.path = folder_.Path("out/all.ndjson");
    destination_ = MakeFileDestination(std::move(options));
  }
  Delivery Deliver(uint64_t first, uint64_t last) { return destination_->Deliver(NumberedRecordsOf(first, last).all()); }
  const NumberedRecords& NumberedRecordsOf(uint64_t first, uint64_t last) { return records_.emplace_back(first, last); }

  const TemporaryFolder folder_;
  std::deque<NumberedRecords> records_;
  std::unique_ptr<Destination> destination_;
};

TEST_F(FileDestinationTest, WritesAnObjectARecord) {
  Make({.identity = {.service = "photos", .host = "box", .environment = "production"}});
  const Delivery delivery = Deliver(1, 2);
  EXPECT_EQ(delivery.kind, Delivery::Kind::kTaken);
  EXPECT_EQ(delivery.sent_bytes, folder_.Read("out/all.ndjson").size());
  EXPECT_THAT(
      folder_.Lines("out/all.ndjson"),
      ElementsAre(
          testing::MatchesRegex(
              R"re(\{"service":"photos","host":"box","environment":"production","id":"[-A-Za-z0-9_]*","time":"2026-11-22T09:04:35.310000000Z",)re"
              R"re("level":"log","context":"Odd","source":"gallery","line":"line 1"\})re"),
          HasSubstr("line 2")));
}

TEST_F(FileDestinationTest, OrTheLineAlone) {
  Make({.raw = true});
  Deliver(1, 2);
  Deliver(3, 3);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 1\nline 2\nline 3\n");
}

TEST_F(FileDestinationTest, RotatesBetweenBatchesAndKeepsAFew) {
  Make({.max_bytes = 10, .keep = 2, .raw = true});
  for (uint64_t i = 1; i <= 4; ++i) Deliver(2 * i - 1, 2 * i);
  Deliver(9, 9);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 9\n");
  EXPECT_EQ(folder_.Read("out/all.ndjson.1"), "line 7\nline 8\n");
  EXPECT_EQ(folder_.Read("out/all.ndjson.2"), "line 5\nline 6\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("out/all.ndjson.3")));
}

TEST_F(FileDestinationTest, WithoutRotatedFilesTheOldOneIsRemoved) {
  Make({.max_bytes = 10, .keep = 0, .raw = true});
  Deliver(1, 2);
  Deliver(3, 3);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 3\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("out/all.ndjson.1")));
}

TEST_F(FileDestinationTest, FollowsSomebodyElsesRotation) {
  Make({.raw = true});
  Deliver(1, 1);
  std::filesystem::rename(folder_.Path("out/all.ndjson"), folder_.Path("out/old"));
  Deliver(2, 2);
  std::filesystem::remove_all(folder_.Path("out"));
  EXPECT_EQ(Deliver(3, 3).kind, Delivery::Kind::kTaken);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 3\n");
}

TEST_F(FileDestinationTest, TakesBackWhatCameAfterTheNote) {
  Make({.raw = true});
  Deliver(1, 2);
  const std::string note = destination_->Note();
  Deliver(3, 9);
  Make({.raw = true});
  destination_->Resume(note);
  Deliver(3, 4);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 1\nline 2\nline 3\nline 4\n");
}

TEST_F(FileDestinationTest, TakesBackABatchThatWasTheLastOneOfItsFile) {
  const FileDestinationOptions options{.max_bytes = 20, .raw = true};
  Make(options);
  Deliver(1, 2);
  const std::string note = destination_->Note();
  Deliver(3, 4);
  ASSERT_THAT(folder_.Read("out/all.ndjson"), IsEmpty());
  Make(options);
  destination_->Resume(note);
  Deliver(3, 4);
  EXPECT_EQ(folder_.Read("out/all.ndjson.1"), "line 1\nline 2\n");
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 3\nline 4\n");
}

TEST_F(FileDestinationTest, ANoteOfAnotherFileOrOfNoneIsOfNoUse) {
  Make({.raw = true});
  Deliver(1, 2);
  const std::string note = destination_->Note();
  std::filesystem::rename(folder_.Path("out/all.ndjson"), folder_.Path("out/old"));
  folder_.Write("out/all.ndjson", "somebody's\nown");
  for (const std::string& given : {note, std::string(), std::string("x y z"), std::string("1 2")}) {
    Make({.raw = true});
    destination_->Resume(given);
    EXPECT_NE(destination_->Note(), "");
  }
  Deliver(3, 3);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "somebody's\nown\nline 3\n") << "on a line of its own";
  EXPECT_EQ(folder_.Read("out/old"), "line 1\nline 2\n");
}

// Files of this process may not become longer, as if the disk were full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST_F(FileDestinationTest, WhatFitsOnlyInPartIsTakenBack) {
  Make({.raw = true});
  Deliver(1, 2);
  {
    const FileSizeLimit limit(30);
    const Delivery delivery = Deliver(3, 9);
    EXPECT_EQ(delivery.kind, Delivery::Kind::kRetry);
    EXPECT_EQ(delivery.reason, RetryReason::kDisk);
    EXPECT_EQ(delivery.words, folder_.Path("out/all.ndjson") + " cannot be written: File too large");
    EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 1\nline 2\n");
  }
  EXPECT_EQ(Deliver(3, 4).kind, Delivery::Kind::kTaken);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "line 1\nline 2\nline 3\nline 4\n");
}

TEST_F(FileDestinationTest, SaysWhyItCannotWrite) {
  std::filesystem::create_directories(folder_.Path("out/all.ndjson"));
  Make();
  EXPECT_THAT(destination_->Check().error(), HasSubstr("all.ndjson cannot be opened: Is a directory"));
  EXPECT_EQ(Deliver(1, 1).reason, RetryReason::kDisk);
  EXPECT_EQ(destination_->Note(), "");
  std::filesystem::remove(folder_.Path("out/all.ndjson"));
  ASSERT_EQ(mkfifo(folder_.Path("out/all.ndjson").c_str(), 0600), 0);
  EXPECT_THAT(destination_->Check().error(), HasSubstr("is not a regular file"));
  std::filesystem::remove(folder_.Path("out/all.ndjson"));
  EXPECT_THAT(*destination_->Check(), HasSubstr("can be written; it has 0 bytes"));
}

TEST_F(FileDestinationTest, AfterAnInterruptionNothingIsWritten) {
  Make({.raw = true});
  destination_->Interrupt();
  EXPECT_EQ(Deliver(1, 1).kind, Delivery::Kind::kRetry);
  EXPECT_EQ(folder_.Read("out/all.ndjson"), "");
}

}  // namespace
}  // namespace logmill
