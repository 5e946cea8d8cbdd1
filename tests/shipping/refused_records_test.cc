#include "shipping/refused_records.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/shipping/numbered_records.h"
#include "tests/shipping/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(RefusedRecordsTest, AreLinesThatTellEverything) {
  const TemporaryFolder folder;
  const FakeClock clock;
  RefusedRecords refused(folder.Path("made/x.refused.ndjson"), "loki", 1 << 20, clock);
  EXPECT_FALSE(std::filesystem::exists(folder.Path("made")));
  ShipRecord record{.time_ns = 1'795'338'270'000'000'007,
                    .cut = true,
                    .level = "error",
                    .context = "Job",
                    .pid = 17,
                    .source = "gallery",
                    .stream = "/var/log/api.log",
                    .line = "{\"message\":\"a\"}"};
  EXPECT_TRUE(refused.Add(record, "too \"old\""));
  EXPECT_TRUE(refused.Add({.line = "b"}, ""));
  EXPECT_THAT(
      folder.Lines("made/x.refused.ndjson"),
      ElementsAre(R"({"refused_at":"2026-11-22T09:04:35Z","destination":"loki","reason":"too \"old\"","id":"AAAAAAAAAAAAAAAAAAAAAA",)"
                  R"("time":"2026-11-22T09:04:30.000000007Z","level":"error","context":"Job","pid":17,"source":"gallery",)"
                  R"("stream":"/var/log/api.log","cut":true,"line":"{\"message\":\"a\"}"})",
                  AllOf(HasSubstr(R"("reason":"","id":)"), HasSubstr(R"(Z","line":"b"})"))));
}

TEST(RefusedRecordsTest, AreBounded) {
  const TemporaryFolder folder;
  const FakeClock clock;
  RefusedRecords refused(folder.Path("x"), "loki", 2000, clock);
  const NumberedRecords records(1, 100);
  for (const ShipRecord& record : records.all()) EXPECT_TRUE(refused.Add(record, "no"));
  EXPECT_LT(folder.Read("x").size(), 2000U);
  EXPECT_THAT(folder.Read("x.1"), SizeIs(testing::Lt(2500U)));
  EXPECT_FALSE(std::filesystem::exists(folder.Path("x.2")));
  EXPECT_THAT(folder.Read("x") + folder.Read("x.1"), HasSubstr("line 100"));
}

TEST(RefusedRecordsTest, SaysWhenOneIsGone) {
  const TemporaryFolder folder;
  const FakeClock clock;
  std::filesystem::create_directory(folder.Path("x"));
  RefusedRecords refused(folder.Path("x"), "loki", 2000, clock);
  EXPECT_FALSE(refused.Add({.line = "b"}, "no"));
  std::filesystem::remove(folder.Path("x"));
  EXPECT_TRUE(refused.Add({.line = "b"}, "no"));
  std::filesystem::remove(folder.Path("x"));
  EXPECT_TRUE(refused.Add({.line = "c"}, "no"));
  EXPECT_THAT(folder.Lines("x"), ElementsAre(HasSubstr("\"c\""))) << "a file that was removed is made anew";
}

}  // namespace
}  // namespace logmill
