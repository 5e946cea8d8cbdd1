// Databases that lack something, that forbid something, or that hold what they should not.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "collectors/database_queries.h"
#include "tests/collectors/database_fixture.h"

namespace logmill {
namespace {

using testing::AppAndApi;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Series;
using testing::SeriesOf;

class DatabaseRightsTest : public testing::DatabaseFixture {
 protected:
  ~DatabaseRightsTest() override {
    server().MakeDatabase("immich");
    server().Execute("drop role if exists logmill; drop role if exists little", "postgres");
  }

  void ConnectAs(const std::string& role) { collector_ = std::make_unique<DatabaseCollector>(server().Options(role), AppAndApi()); }

  static bool HasFamily(const Series& series, const std::string& name) {
    return std::ranges::any_of(series, [&](const auto& one) { return one.first.substr(0, one.first.find('{')) == name; });
  }

  static std::string ReadOnlyScript() {
    std::ifstream file(LOGMILL_SOURCE_DIR "/packaging/postgres-read-only.sql");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  static void FillOneOfEach() {
    AddUser();
    const std::string asset = Add({.size = "42"});
    AddEmbedding(asset);
    AddFace(asset, kOther);
    Add({.deleted = true});
    Add({.external = true});
  }
};

TEST_F(DatabaseRightsTest, TheReadOnlyRoleSeesAllAndNothingElse) {
  FillOneOfEach();
  Execute(ReadOnlyScript());
  Execute(ReadOnlyScript());
  const Series expected = Read();
  ConnectAs("logmill");
  const Collected collected = Collect();
  EXPECT_EQ(SeriesOf(collected), expected);
  EXPECT_THAT(collected.notices, IsEmpty());
  EXPECT_EQ(server().Value("select pg_has_role('logmill', 'pg_read_all_stats', 'usage')"), "t");
  Postgres postgres(server().Options("logmill"));
  for (const char* const secret :
       {R"(select "email" from "user")", R"(select "password" from "user")", R"(select "originalPath" from asset)",
        R"(select "city" from asset_exif)", R"(select "embedding" from smart_search)", R"(select "name" from person)"}) {
    const auto read = postgres.Read([&](pqxx::transaction_base& transaction) { transaction.exec(secret); });
    ASSERT_FALSE(read) << secret;
    EXPECT_THAT(read.error(), HasSubstr("permission denied")) << secret;
    EXPECT_THAT(read.error(), HasSubstr("grant what packaging/postgres-read-only.sql grants")) << secret;
  }
}

TEST_F(DatabaseRightsTest, ARoleWithoutRightsGetsNoticesOnly) {
  FillOneOfEach();
  Execute("create role little login");
  ConnectAs("little");
  const Collected collected = Collect();
  EXPECT_THAT(SeriesOf(collected), IsEmpty());
  EXPECT_THAT(
      collected.notices,
      Contains(
          "immich_users_total is left out: the column \"public\".\"user\".\"deletedAt\" may not be read; packaging/postgres-read-only.sql "
          "grants it"));
}

TEST_F(DatabaseRightsTest, RightsThatComeLaterAreTakenUp) {
  FillOneOfEach();
  Execute("create role little login");
  ConnectAs("little");
  EXPECT_THAT(Read(), IsEmpty());
  Execute(R"(grant select ("deletedAt") on "user" to little; grant select on asset to little)");
  const Collected collected = Collect();
  const Series series = SeriesOf(collected);
  EXPECT_EQ(series.at("immich_users_total"), 1);
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), 2);
  EXPECT_EQ(series.at("immich_assets_trash_total"), 1);
  EXPECT_TRUE(HasFamily(series, "immich_users_assets_total"));
  for (const char* const name : {"immich_assets_storage_bytes", "immich_users_storage_bytes", "immich_search_embedding_coverage_ratio",
                                 "immich_faces_total", "immich_people_total"}) {
    EXPECT_FALSE(HasFamily(series, name)) << name;
  }
  EXPECT_EQ(collected.notices.size(), 3u);
}

TEST_F(DatabaseRightsTest, RightsThatGoAreNoticedAndTheRestGoesOn) {
  FillOneOfEach();
  Execute("create role little login; grant select on all tables in schema public to little");
  ConnectAs("little");
  EXPECT_EQ(Read().at("immich_faces_total"), 1);
  Execute("revoke select on asset_face from little");
  const Collected collected = Collect();
  EXPECT_FALSE(HasFamily(SeriesOf(collected), "immich_faces_total"));
  EXPECT_EQ(SeriesOf(collected).at("immich_search_embedding_coverage_ratio"), 0.5);
  EXPECT_THAT(collected.notices, ElementsAre(HasSubstr("immich_faces_total and immich_people_total are left out: the column")));
}

TEST_F(DatabaseRightsTest, EachMissingColumnCostsWhatNeedsIt) {
  const struct {
    const char* table;
    const char* column;
    std::vector<std::string> gone;
  } cases[] = {
      {"user", "deletedAt", {"immich_users_total"}},
      {"asset", "isExternal", {"immich_assets_external_total"}},
      {"asset", "ownerId", {"immich_users_assets_total", "immich_users_storage_bytes"}},
      {"asset_exif", "fileSizeInByte", {"immich_assets_storage_bytes", "immich_users_storage_bytes"}},
      {"smart_search", "assetId", {"immich_search_embedding_coverage_ratio"}},
      {"asset_face", "personId", {"immich_people_total"}},
      {"asset_face", "isVisible", {"immich_faces_total", "immich_people_total"}},
      {"asset",
       "visibility",
       {"immich_assets_total", "immich_assets_storage_bytes", "immich_users_assets_total", "immich_users_storage_bytes",
        "immich_search_embedding_coverage_ratio", "immich_faces_total", "immich_people_total"}},
  };
  const std::vector<std::string> all{"immich_users_total",          "immich_assets_total",        "immich_assets_storage_bytes",
                                     "immich_users_assets_total",   "immich_users_storage_bytes", "immich_search_embedding_coverage_ratio",
                                     "immich_faces_total",          "immich_people_total",        "immich_assets_trash_total",
                                     "immich_assets_external_total"};
  FillOneOfEach();
  for (const auto& one : cases) {
    const std::string table = std::string("\"") + one.table + "\"";
    // The collector's connection saw the column.
    ASSERT_TRUE(HasFamily(Read(), one.gone.front()));
    Execute("alter table " + table + " rename column \"" + one.column + "\" to gone");
    const Collected collected = Collect();
    const Series series = SeriesOf(collected);
    for (const std::string& name : all)
      EXPECT_EQ(HasFamily(series, name), std::ranges::find(one.gone, name) == one.gone.end()) << one.column << " " << name;
    EXPECT_THAT(collected.notices,
                Contains(HasSubstr("left out: there is no column \"public\"." + table + ".\"" + std::string(one.column) + "\"")))
        << one.column;
    Execute("alter table " + table + " rename column gone to \"" + one.column + "\"");
    EXPECT_THAT(Collect().notices, IsEmpty()) << one.column;
  }
}

TEST_F(DatabaseRightsTest, MissingTablesAreNoticedAndTheRestGoesOn) {
  FillOneOfEach();
  Read();
  Execute("drop table smart_search, asset_face, \"user\"");
  const Collected collected = Collect();
  EXPECT_EQ(SeriesOf(collected).at("immich_assets_storage_bytes{type=\"image\"}"), 42);
  EXPECT_THAT(
      collected.notices,
      ElementsAre(
          "immich_users_total is left out: there is no table \"public\".\"user\", or the schema may not be used",
          "immich_search_embedding_coverage_ratio is left out: there is no table \"public\".\"smart_search\", or the schema may not be "
          "used",
          "immich_faces_total and immich_people_total are left out: there is no table \"public\".\"asset_face\", or the schema may not be "
          "used"));
}

TEST_F(DatabaseRightsTest, AnEmptyDatabaseGivesNothingButNotices) {
  server().MakeDatabase("immich");
  const Collected collected = Collect();
  EXPECT_THAT(SeriesOf(collected), IsEmpty());
  EXPECT_FALSE(collected.notices.empty());
}

TEST_F(DatabaseRightsTest, TablesOfOlderImmichAreUnderstood) {
  FillOneOfEach();
  Add({.visibility = "archive", .size = "1000"});
  Add({.visibility = "hidden", .size = "1000"});
  Series expected = Read();
  Execute(R"(alter table "user" rename to users; alter table asset rename to assets; alter table asset_exif rename to exif;
             alter table asset_face rename to asset_faces)");
  EXPECT_EQ(Read(), expected) << "from 1.133 on";
  Execute(R"(alter table assets add column "isVisible" boolean, add column "isArchived" boolean;
             update assets set "isVisible" = visibility <> 'hidden', "isArchived" = visibility = 'archive';
             alter table assets drop column visibility; alter table asset_faces drop column "isVisible")");
  const Collected collected = Collect();
  EXPECT_EQ(SeriesOf(collected), expected) << "before 1.133";
  EXPECT_THAT(collected.notices, IsEmpty());
}

TEST_F(DatabaseRightsTest, AnotherSchemaIsRead) {
  FillOneOfEach();
  const Series expected = Read();
  const std::string name = "pho\"tos'";
  Execute(R"(alter schema public rename to "pho""tos'")");
  EXPECT_THAT(Read(), IsEmpty());
  DatabaseCollector collector(server().Options(), AppAndApi(), name);
  const auto collected = collector.Collect();
  ASSERT_TRUE(collected) << collected.error();
  EXPECT_EQ(SeriesOf(*collected), expected);
}

TEST_F(DatabaseRightsTest, OwnersThatAreNoUuidsAreLeftOutOfLabels) {
  Execute(R"(alter table asset alter column "ownerId" type text)");
  Add({.owner = kOwner, .size = "1"});
  for (const char* const owner : {"", "grandma@example.org", "00000000-0000-4000-8000-00000000000g",
                                  "00000000-0000-4000-8000-0000000000011", "{00000000-0000-4000-8000-000000000001}", "a\"}\nb"}) {
    Add({.owner = owner, .size = "10"});
  }
  Execute(R"(insert into asset ("ownerId", "type") values (repeat('x', 1000000), 'IMAGE'))");
  const Collected collected = Collect();
  const Series series = SeriesOf(collected);
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), 8);
  EXPECT_EQ(series.at("immich_assets_storage_bytes{type=\"image\"}"), 61);
  EXPECT_EQ(series.size(), 14u + 2);
  EXPECT_THAT(collected.notices,
              ElementsAre("immich_users_assets_total and immich_users_storage_bytes leave out an owner that is no UUID"));
}

TEST_F(DatabaseRightsTest, UnknownTypesAreNoticed) {
  Add({.type = "IMAGE"});
  Add({.type = "image"});
  Add({.type = "HOLOGRAM", .size = "10"});
  const Collected collected = Collect();
  EXPECT_EQ(SeriesOf(collected).at("immich_assets_total{type=\"image\"}"), 1);
  EXPECT_EQ(SeriesOf(collected).size(), 14u + 2);
  EXPECT_THAT(collected.notices, ElementsAre(HasSubstr("leave out assets of a type that is not known")));
}

TEST_F(DatabaseRightsTest, OwnersWithoutNumberAreBounded) {
  Execute(R"(insert into asset ("ownerId", "type") select gen_random_uuid(), 'IMAGE' from generate_series(1, )" +
          std::to_string(kMaxUserSeries + 5) + ")");
  Add({});
  Add({});
  const Collected collected = Collect();
  const Series series = SeriesOf(collected);
  EXPECT_EQ(series.at("immich_assets_total{type=\"image\"}"), kMaxUserSeries + 7);
  EXPECT_EQ(series.at(std::string("immich_users_assets_total{user_id=\"") + kOwner + "\",type=\"image\"}"), 2) << "the largest stay";
  EXPECT_EQ(series.size(), 14u + 2 * kMaxUserSeries);
  EXPECT_THAT(collected.notices, ElementsAre(HasSubstr("leave out owners: there are too many")));
}

}  // namespace
}  // namespace logmill
