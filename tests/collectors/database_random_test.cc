// The collector's merged queries against the obvious ones, one a metric, on random databases.
#include <gmock/gmock.h>

#include <pqxx/result>

#include "tests/collectors/database_fixture.h"

namespace logmill {
namespace {

using testing::Series;

// Everything that can be null is at times; rows of asset_exif, smart_search and asset_face also belong to assets that are not there.
constexpr char kFill[] = R"(
select setseed(:seed);
insert into "user" ("deletedAt") select case when random() < 0.3 then now() end from generate_series(1, 6);
insert into asset ("ownerId", "type", "visibility", "deletedAt", "isExternal")
  select (select array_agg(id) from "user")[1 + floor(random() * 6)], (array['IMAGE', 'VIDEO', 'AUDIO', 'OTHER'])[1 + floor(random() * random() * 4)],
         (array['timeline', 'archive', 'hidden', 'locked'])[1 + floor(random() * random() * 4)]::asset_visibility_enum,
         case when random() < 0.2 then now() end, random() < 0.3 from generate_series(1, :assets);
insert into asset_exif ("assetId", "fileSizeInByte") select id, case when random() < 0.9 then floor(exp(random() * 43))::bigint end from asset where random() < 0.9;
insert into smart_search ("assetId") select id from asset where random() < 0.6;
insert into smart_search ("assetId") select gen_random_uuid() from generate_series(1, 3);
insert into person ("ownerId") select id from "user", generate_series(1, 4);
insert into asset_face ("assetId", "personId", "deletedAt", "isVisible")
  select asset.id, (select array_agg(id) from person)[1 + floor(random() * 30)], case when random() < 0.1 then now() end, random() < 0.9
  from asset, generate_series(1, 2) where random() < 0.5;
insert into asset_face ("assetId", "personId") select gen_random_uuid(), gen_random_uuid() from generate_series(1, 3);
)";

constexpr char kTimeline[] = R"(a."deletedAt" is null and a.visibility = 'timeline')";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

class DatabaseRandomTest : public testing::DatabaseFixture {
 protected:
  static void Put(Series& series, const std::string& name, const std::string& sql) {
    Postgres postgres(server().Options());
    const auto read = postgres.Read([&](pqxx::transaction_base& transaction) {
      for (const pqxx::row& row : transaction.exec(Replaced(sql, "TIMELINE", kTimeline))) {
        const auto columns = row.size();
        std::string labels;
        if (columns == 2) labels = std::string("{type=\"") + row[0].c_str() + "\"}";
        if (columns == 3) labels = std::string("{user_id=\"") + row[0].c_str() + "\",type=\"" + row[1].c_str() + "\"}";
        series[name + labels] = std::stod(row[columns - 1].c_str());
      }
    });
    ASSERT_TRUE(read) << read.error();
  }

  static Series Reference() {
    Series series;
    for (const char* const type : {"image", "video", "audio", "other"}) {
      series[std::string("immich_assets_total{type=\"") + type + "\"}"] = 0;
      series[std::string("immich_assets_storage_bytes{type=\"") + type + "\"}"] = 0;
    }
    Put(series, "immich_users_total", R"(select count(*) from "user" where "deletedAt" is null)");
    Put(series, "immich_assets_total", R"(select lower(type), count(*) from asset a where TIMELINE group by 1)");
    Put(series, "immich_assets_storage_bytes", R"(select lower(type), sum(coalesce("fileSizeInByte", 0)) from asset a
        left join asset_exif e on e."assetId" = a.id where TIMELINE group by 1)");
    Put(series, "immich_users_assets_total", R"(select "ownerId", lower(type), count(*) from asset a where TIMELINE group by 1, 2)");
    Put(series, "immich_users_storage_bytes", R"(select "ownerId", lower(type), sum(coalesce("fileSizeInByte", 0)) from asset a
        left join asset_exif e on e."assetId" = a.id where TIMELINE group by 1, 2)");
    Put(series, "immich_search_embedding_coverage_ratio", R"(select coalesce(
        (select count(*) from asset a where TIMELINE and type in ('IMAGE', 'VIDEO') and id in (select "assetId" from smart_search))::double precision
        / nullif((select count(*) from asset a where TIMELINE and type in ('IMAGE', 'VIDEO')), 0), 1))");
    const std::string faces =
        R"( from asset_face f join asset a on a.id = f."assetId" where f."deletedAt" is null and f."isVisible" and TIMELINE)";
    Put(series, "immich_faces_total", "select count(*)" + faces);
    Put(series, "immich_people_total", R"(select count(distinct f."personId"))" + faces);
    Put(series, "immich_assets_trash_total", R"(select count(*) from asset where "deletedAt" is not null)");
    Put(series, "immich_assets_external_total", R"(select count(*) from asset where "deletedAt" is null and "isExternal")");
    return series;
  }
};

TEST_F(DatabaseRandomTest, AgreesWithTheObviousQueries) {
  for (int seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Execute(R"(truncate "user", asset, asset_exif, smart_search, person, asset_face)");
    const int assets = seed == 0 ? 0 : 3 << seed;
    Execute(Replaced(Replaced(kFill, ":seed", "0." + std::to_string(10 + seed)), ":assets", std::to_string(assets)));
    const Series expected = Reference();
    EXPECT_EQ(Read(), expected);
    EXPECT_EQ(Read(), expected);
  }
}

TEST_F(DatabaseRandomTest, AgreesWhereForeignKeysHold) {
  for (int seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Execute(R"(truncate "user", asset, asset_exif, smart_search, person, asset_face)");
    Execute(Replaced(Replaced(kFill, ":seed", "0." + std::to_string(30 + seed)), ":assets", std::to_string(20 << seed)));
    Execute(
        R"(delete from asset_face where "assetId" not in (select id from asset); delete from smart_search where "assetId" not in (select id from asset);
               alter table asset_face add constraint face_asset foreign key ("assetId") references asset on delete cascade;
               alter table smart_search add constraint search_asset foreign key ("assetId") references asset on delete cascade)");
    EXPECT_EQ(Read(), Reference());
    // The same connection, without one of them.
    Execute(
        R"(alter table asset_face drop constraint face_asset; insert into asset_face ("assetId", "personId") values (gen_random_uuid(), gen_random_uuid()))");
    EXPECT_EQ(Read(), Reference());
    // One that holds for new rows only.
    Execute(R"(alter table asset_face add constraint face_asset foreign key ("assetId") references asset not valid)");
    EXPECT_EQ(Read(), Reference());
    Execute("alter table asset_face drop constraint face_asset; alter table smart_search drop constraint search_asset");
  }
}

TEST_F(DatabaseRandomTest, AgreesWhenTheServerWorksInParallel) {
  Execute(Replaced(Replaced(kFill, ":seed", "0.7"), ":assets", "3000"));
  Execute(R"(alter database immich set parallel_setup_cost = 0; alter database immich set parallel_tuple_cost = 0;
             alter database immich set min_parallel_table_scan_size = 0)");
  EXPECT_EQ(Read(), Reference());
}

}  // namespace
}  // namespace logmill
