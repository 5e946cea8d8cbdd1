#include "tests/collectors/database_fixture.h"

#include <fstream>
#include <iterator>

namespace logmill::testing {

GroupSet GroupsOf(std::initializer_list<Group> groups) {
  GroupSet set;
  for (const Group group : groups) set.set(IndexOf(group));
  return set;
}

Series SeriesOf(const Collected& collected) {
  Series series;
  for (const auto& families : collected.families) {
    for (const prometheus::MetricFamily& family : families) {
      EXPECT_EQ(family.type, prometheus::MetricType::Gauge);
      EXPECT_FALSE(family.help.empty());
      for (const prometheus::ClientMetric& metric : family.metric) {
        std::string name = family.name;
        for (const auto& label : metric.label) name += (name == family.name ? "{" : ",") + label.name + "=\"" + label.value + "\"";
        if (!metric.label.empty()) name += "}";
        EXPECT_TRUE(series.emplace(name, metric.gauge.value).second) << name << " is there twice";
      }
    }
  }
  return series;
}

void DatabaseFixture::SetUpTestSuite() { server_ = new PostgresServer(); }

void DatabaseFixture::TearDownTestSuite() {
  delete server_;
  server_ = nullptr;
}

DatabaseFixture::DatabaseFixture() {
  server().MakeDatabase("immich");
  std::ifstream file(LOGMILL_SOURCE_DIR "/tests/data/gallery_schema.sql");
  Execute({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  collector_ = std::make_unique<DatabaseCollector>(server().Options(), AppAndApi());
}

std::string DatabaseFixture::Add(const Asset& asset) {
  const std::string id =
      server().Value(R"(insert into asset ("ownerId", "type", "visibility", "deletedAt", "isExternal") values (')" + asset.owner + "', '" +
                     asset.type + "', '" + asset.visibility + "', " + (asset.deleted ? "now()" : "null") + ", " +
                     (asset.external ? "true" : "false") + R"() returning "id")");
  if (asset.size != "none") Execute(R"(insert into asset_exif ("assetId", "fileSizeInByte") values (')" + id + "', " + asset.size + ")");
  return id;
}

std::string DatabaseFixture::AddUser(bool deleted) {
  return server().Value(std::string(R"(insert into "user" ("deletedAt") values ()") + (deleted ? "now()" : "null") + R"() returning "id")");
}

void DatabaseFixture::AddEmbedding(const std::string& asset) {
  Execute(R"(insert into smart_search ("assetId") values (')" + asset + "')");
}

void DatabaseFixture::AddFace(const std::string& asset, const std::string& person, const std::string& deleted_at, bool visible) {
  Execute(R"(insert into asset_face ("assetId", "personId", "deletedAt", "isVisible") values (')" + asset + "', " +
          (person.empty() ? "null" : "'" + person + "'") + ", " + deleted_at + ", " + (visible ? "true" : "false") + ")");
}

Collected DatabaseFixture::Collect() {
  auto collected = collector_->Collect();
  EXPECT_TRUE(collected) << collected.error();
  return collected ? std::move(*collected) : Collected();
}

}  // namespace logmill::testing
