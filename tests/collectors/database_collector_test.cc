#include "collectors/database_collector.h"

#include <gmock/gmock.h>

#include "tests/collectors/database_fixture.h"

namespace logmill {
namespace {

using testing::GroupsOf;
using ::testing::IsEmpty;
using testing::Series;
using testing::SeriesOf;

class DatabaseCollectorTest : public testing::DatabaseFixture {
 protected:
  static constexpr char kPerson[] = "00000000-0000-4000-8000-00000000000a";
  static constexpr char kPet[] = "00000000-0000-4000-8000-00000000000b";
};

TEST_F(DatabaseCollectorTest, AnEmptyDatabaseHasZerosAndFullCoverage) {
  const Series expected{
      {"immich_users_total", 0},
      {"immich_assets_total{type=\"image\"}", 0},
      {"immich_assets_total{type=\"video\"}", 0},
      {"immich_assets_total{type=\"audio\"}", 0},
      {"immich_assets_total{type=\"other\"}", 0},
      {"immich_assets_storage_bytes{type=\"image\"}", 0},
      {"immich_assets_storage_bytes{type=\"video\"}", 0},
      {"immich_assets_storage_bytes{type=\"audio\"}", 0},
      {"immich_assets_storage_bytes{type=\"other\"}", 0},
      {"immich_search_embedding_coverage_ratio", 1},
      {"immich_faces_total", 0},
      {"immich_people_total", 0},
      {"immich_assets_trash_total", 0},
      {"immich_assets_external_total", 0},
  };
  const Collected collected = Collect();
  EXPECT_EQ(SeriesOf(collected), expected);
  EXPECT_THAT(collected.notices, IsEmpty());
  EXPECT_TRUE(collected.families[IndexOf(Endpoint::kMicroservices)].empty());
}

TEST_F(DatabaseCollectorTest, OnlyWhatIsOnIsAsked) {
  // Not even looked at: it would be missing.
  Execute(R"(drop table asset, asset_face, asset_exif, smart_search)");
  AddUser();
  DatabaseCollector api(server().Options(), GroupsOf({Group::kApi}));
  const auto users = api.Collect();
  ASSERT_TRUE(users) << users.error();
  EXPECT_EQ(SeriesOf(*users), (Series{{"immich_users_total", 1}}));
  EXPECT_THAT(users->notices, IsEmpty());
  DatabaseCollector app(server().Options(), GroupsOf({Group::kApp}));
  const auto rest = app.Collect();
  ASSERT_TRUE(rest) << rest.error();
  EXPECT_THAT(SeriesOf(*rest), IsEmpty());
}

TEST_F(DatabaseCollectorTest, UsersThatAreDeletedDoNotCount) {
  AddUser();
  AddUser();
  AddUser(true);
  EXPECT_EQ(Read().at("immich_users_total"), 2);
}

TEST_F(DatabaseCollectorTest, AssetsOfAllTypesCountByTypeAndOwner) {
  for (const char* const type : {"IMAGE", "IMAGE", "VIDEO", "AUDIO", "OTHER"}) Add({.type = type, .size = "1000"});
  Add({.owner = kOther, .type = "IMAGE", .size = "7"});
  const Series series = Read();
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), 3);
  EXPECT_EQ(series.at("immich_assets_total{type=\"video\"}"), 1);
  EXPECT_EQ(series.at("immich_assets_total{type=\"audio\"}"), 1);
  EXPECT_EQ(series.at("immich_assets_total{type=\"other\"}"), 1);
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"image\"}"), 2007);
  const std::string owner = std::string("{user_id=\"") + kOwner + "\",type=\"image\"}";
  const std::string other = std::string("{user_id=\"") + kOther + "\",type=\"image\"}";
  EXPECT_EQ(series.at("immich_users_assets_total" + owner), 2);
  EXPECT_EQ(series.at("immich_users_storage_bytes" + owner), 2000);
  EXPECT_EQ(series.at("immich_users_assets_total" + other), 1);
  EXPECT_EQ(series.at("immich_users_storage_bytes" + other), 7);
  EXPECT_EQ(series.size(), 14u + 2 * 5);
}

TEST_F(DatabaseCollectorTest, OnlyTheTimelineCounts) {
  Add({});
  for (const char* const visibility : {"archive", "hidden", "locked"}) Add({.visibility = visibility, .size = "10"});
  Add({.deleted = true, .size = "100"});
  Add({.owner = kOther, .deleted = true, .size = "100"});
  const Series series = Read();
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), 1);
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"image\"}"), 0);
  EXPECT_EQ(series.size(), 14u + 2) << "an owner without timeline assets has no series";
}

TEST_F(DatabaseCollectorTest, TrashAndExternalAssetsCountWhateverTheirVisibility) {
  Add({.visibility = "hidden", .deleted = true});
  Add({.visibility = "archive", .external = true});
  Add({.external = true});
  // An external file that went away: offline, not trashed by anybody.
  Execute("update asset set \"isOffline\" = true, status = 'active' where id = '" + Add({.deleted = true, .external = true}) + "'");
  const Series series = Read();
  EXPECT_EQ(series.at("immich_assets_trash_total"), 2);
  EXPECT_EQ(series.at("immich_assets_external_total"), 2);
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), 1);
}

TEST_F(DatabaseCollectorTest, NoSizeIsZeroBytes) {
  Add({.size = "none"});
  Add({.size = "null"});
  Series series = Read();
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), 2);
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"image\"}"), 0);
  EXPECT_EQ(series.at(std::string("immich_users_storage_bytes{user_id=\"") + kOwner + "\",type=\"image\"}"), 0);
  Add({.size = "5"});
  EXPECT_EQ(Read().at("immich_assets_storage_bytes{type=\"image\"}"), 5);
}

TEST_F(DatabaseCollectorTest, SumsOfAnySizeAreRight) {
  Add({.type = "IMAGE", .size = "6442451401949"});     // above 2^32
  Add({.type = "VIDEO", .size = "9007199254740993"});  // 2^53 + 1
  Add({.type = "VIDEO", .size = "9007199254740993"});
  for (int i = 0; i < 3; ++i) Add({.type = "AUDIO", .size = "9223372036854775807"});  // their sum is no bigint
  const Series series = Read();
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"image\"}"), 6442451401949.0);
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"video\"}"), 18014398509481986.0);
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"audio\"}"), 27670116110564327421.0);
  EXPECT_EQ(series.at(std::string("immich_users_storage_bytes{user_id=\"") + kOwner + "\",type=\"video\"}"), 18014398509481986.0);
}

TEST_F(DatabaseCollectorTest, AssetsOfDeletedUsersCount) {
  const std::string dave = AddUser(true);
  Add({.owner = dave, .size = "3"});
  AddUser();
  const Series series = Read();
  EXPECT_EQ(series.at("immich_users_total"), 1);
  EXPECT_EQ(series.at("immich_users_storage_bytes{user_id=\"" + dave + "\",type=\"image\"}"), 3);
  EXPECT_EQ(series.size(), 14u + 2) << "a user without assets has no series";
}

TEST_F(DatabaseCollectorTest, CoverageIsThatOfTimelineImagesAndVideos) {
  AddEmbedding(Add({.type = "IMAGE"}));
  AddEmbedding(Add({.type = "VIDEO"}));
  Add({.type = "IMAGE"});
  Add({.type = "VIDEO"});
  AddEmbedding(Add({.type = "AUDIO"}));
  AddEmbedding(Add({.deleted = true}));
  AddEmbedding(Add({.visibility = "archive"}));
  Add({.visibility = "hidden"});
  Add({.type = "OTHER"});
  AddEmbedding("00000000-0000-4000-8000-0000000000ff");
  EXPECT_EQ(Read().at("immich_search_embedding_coverage_ratio"), 0.5);
  Execute("truncate smart_search");
  EXPECT_EQ(Read().at("immich_search_embedding_coverage_ratio"), 0);
}

TEST_F(DatabaseCollectorTest, CoverageIsOneWhenNothingCanBeCovered) {
  Add({.type = "AUDIO"});
  AddEmbedding(Add({.deleted = true}));
  EXPECT_EQ(Read().at("immich_search_embedding_coverage_ratio"), 1);
}

TEST_F(DatabaseCollectorTest, FacesAndPeopleAreVisibleOnesOnTheTimeline) {
  const std::string shown = Add({});
  AddFace(shown, kPerson);
  AddFace(shown, kPerson);
  AddFace(shown);
  AddFace(Add({.type = "VIDEO"}), kPet);
  AddFace(Add({.type = "OTHER"}), kPerson);
  const std::string nobody = "00000000-0000-4000-8000-00000000000c";
  AddFace(shown, nobody, "now()");
  AddFace(shown, nobody, "null", false);
  AddFace(Add({.deleted = true}), nobody);
  for (const char* const visibility : {"archive", "hidden", "locked"}) AddFace(Add({.visibility = visibility}), nobody);
  AddFace("00000000-0000-4000-8000-0000000000ff", nobody);
  const Series series = Read();
  EXPECT_EQ(series.at("immich_faces_total"), 5);
  EXPECT_EQ(series.at("immich_people_total"), 2);
}

TEST_F(DatabaseCollectorTest, ChangesAreSeenByTheNextRefresh) {
  Read();
  for (int i = 1; i <= 5; ++i) {
    Add({.size = "2"});
    EXPECT_EQ(Read().at("immich_assets_storage_bytes{type=\"image\"}"), 2 * i);
    EXPECT_EQ(Read().at("immich_assets_storage_bytes{type=\"image\"}"), 2 * i) << "the same again";
  }
  Execute("update asset_exif set \"fileSizeInByte\" = 3");
  EXPECT_EQ(Read().at("immich_assets_storage_bytes{type=\"image\"}"), 15);
  Execute("delete from asset");
  EXPECT_EQ(Read().at("immich_assets_total{type=\"image\"}"), 0);
}

TEST_F(DatabaseCollectorTest, WhatIsNotCommittedIsNotSeen) {
  Add({});
  const PostgresOptions options = server().Options();
  Postgres writer(options);
  const auto read = writer.Read([&](pqxx::transaction_base& transaction) {
    transaction.exec("set transaction read write; delete from asset");
    EXPECT_EQ(Read().at("immich_assets_total{type=\"image\"}"), 1);
    EXPECT_EQ(Read().at("immich_assets_total{type=\"image\"}"), 1);
  });
  EXPECT_TRUE(read) << read.error();
  EXPECT_EQ(Read().at("immich_assets_total{type=\"image\"}"), 0) << "the transaction that was under way is over";
}

TEST_F(DatabaseCollectorTest, RowsAreCounted) {
  EXPECT_EQ(Collect().rows, 2u) << "users and findings; there are no assets";
  Add({});
  Add({.type = "VIDEO"});
  EXPECT_EQ(Collect().rows, 2u + 2 + 2);
}

}  // namespace
}  // namespace logmill
