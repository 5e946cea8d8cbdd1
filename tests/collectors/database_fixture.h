// A Gallery database that a test fills row by row, and the collector that reads it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "collectors/database_collector.h"
#include "tests/support/postgres_server.h"

namespace logmill::testing {

GroupSet GroupsOf(std::initializer_list<Group> groups);
inline GroupSet AppAndApi() { return GroupsOf({Group::kApp, Group::kApi}); }

// "name{label="value",...}" → value, of all families.
using Series = std::map<std::string, double>;
Series SeriesOf(const Collected& collected);

// One server for all tests of a suite, an empty database with Gallery's tables for each.
class DatabaseFixture : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  DatabaseFixture();

  static PostgresServer& server() { return *server_; }
  static void Execute(const std::string& sql) { server_->Execute(sql); }

  // The fields of a row that a test cares about; the rest is what a timeline image of one owner has.
  struct Asset {
    std::string owner = kOwner;
    std::string type = "IMAGE";
    std::string visibility = "timeline";
    bool deleted = false;
    bool external = false;
    std::string size = "0";  // SQL: "null", or "none" for no row in asset_exif
  };
  // The new asset's id.
  static std::string Add(const Asset& asset);
  static std::string AddUser(bool deleted = false);
  static void AddEmbedding(const std::string& asset);
  static void AddFace(const std::string& asset, const std::string& person = "", const std::string& deleted_at = "null",
                      bool visible = true);

  static constexpr char kOwner[] = "00000000-0000-4000-8000-000000000001";
  static constexpr char kOther[] = "00000000-0000-4000-8000-000000000002";

  // Collects; an error fails the test.
  Collected Collect();
  Series Read() { return SeriesOf(Collect()); }

  std::unique_ptr<DatabaseCollector> collector_;

 private:
  static inline PostgresServer* server_ = nullptr;
};

}  // namespace logmill::testing
