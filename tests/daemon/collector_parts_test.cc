#include "daemon/collector_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/daemon/config_fixture.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CollectorPartsTest : public testing::ConfigFixture {
 protected:
  static std::vector<std::string> Names(const CollectorParts& parts) {
    std::vector<std::string> names;
    for (const auto& runner : parts.runners()) names.push_back(runner->name());
    return names;
  }
};

TEST_F(CollectorPartsTest, MakesWhatIsOnInOrderOfPrecedence) {
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "all"}, {"DB_HOSTNAME", "pg"}};
  const CollectorParts parts(Load("scrapes: [{name: ml, url: 'http://ml/', endpoint: machine_learning}]"), SystemClock());
  EXPECT_THAT(Names(parts), ElementsAre("database", "queues", "database_activity", "redis_activity", "host", "scrape/ml"));
  EXPECT_EQ(parts.scrape(0), nullptr);
  EXPECT_NE(parts.scrape(5), nullptr);
}

TEST_F(CollectorPartsTest, ComparesServersWithTheLogLast) {
  const Store store({}, SystemClock());
  const LogView log{&store, [] { return LogProgress(); }};
  const std::string scrape = "scrapes: [{name: jobs, url: 'http://jobs/', endpoint: microservices}]\n";
  const std::string source = "sources: [{file: /var/log/gallery.log}]\n";
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "job"}, {"REDIS_HOSTNAME", "redis"}};
  EXPECT_THAT(Names(CollectorParts(Load(scrape + source), SystemClock(), log)), ElementsAre("queues", "scrape/jobs", "disagreement"));
  EXPECT_THAT(Names(CollectorParts(Load(scrape), SystemClock(), log)), ElementsAre("queues", "scrape/jobs"));
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "host"}};
  EXPECT_THAT(Names(CollectorParts(Load(source), SystemClock(), log)), ElementsAre("host"));
}

TEST_F(CollectorPartsTest, MakesNothingWithoutGroups) {
  environment_ = {{"DB_HOSTNAME", "pg"}};
  CollectorParts parts(LoadNothing(), SystemClock());
  EXPECT_THAT(Names(parts), IsEmpty());
  parts.Start();
  EXPECT_THAT(parts.Show(Endpoint::kApi).parts, IsEmpty());
}

TEST_F(CollectorPartsTest, ShowsEachCollectorAtItsEndpoint) {
  CollectorParts parts(Load("telemetry: {include: host}\nscrapes: [{name: ml, url: 'http://ml.invalid/', endpoint: machine_learning}]"),
                       SystemClock());
  EXPECT_THAT(parts.Show(Endpoint::kApi).snapshots, IsEmpty());
  parts.Start();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!parts.runners()[0]->tried() && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  parts.Stop();
  const CollectorParts::Shown api = parts.Show(Endpoint::kApi);
  ASSERT_EQ(api.parts.size(), 2U);
  EXPECT_FALSE(api.parts[0].families.empty());
  EXPECT_FALSE(api.parts[0].yields);
  EXPECT_THAT(api.parts[1].families, IsEmpty());
  EXPECT_TRUE(api.parts[1].yields);
  EXPECT_THAT(parts.Show(Endpoint::kMicroservices).parts[0].families, IsEmpty());
}

TEST_F(CollectorPartsTest, AddsUpWhatScrapesHaveLost) {
  environment_ = {{"IMMICH_TELEMETRY_INCLUDE", "host"}};
  CollectorParts parts(Load("scrapes: [{name: a, url: 'http://a/', endpoint: api}]"), SystemClock());
  parts.Note(Endpoint::kApi, std::vector<size_t>{0, 3});
  parts.Note(Endpoint::kMicroservices, std::vector<size_t>{0, 0});
  EXPECT_EQ(parts.shadowed(1), 3U);
  parts.Note(Endpoint::kApi, std::vector<size_t>{0, 2});
  EXPECT_EQ(parts.shadowed(1), 2U);
}

}  // namespace
}  // namespace logmill
