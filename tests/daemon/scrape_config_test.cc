#include "daemon/scrape_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/config_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class ScrapeConfigTest : public testing::ConfigFixture {};

TEST_F(ScrapeConfigTest, HasDefaults) {
  const Config config = Load(R"(telemetry: {include: api}
scrapes: [{name: gallery_api, url: 'http://immich-server:8081/metrics', endpoint: api}]
)");
  EXPECT_EQ(Messages(), "");
  ASSERT_EQ(config.scrapes.size(), 1U);
  const ScrapeConfig& scrape = config.scrapes[0];
  EXPECT_EQ(scrape.name, "gallery_api");
  EXPECT_EQ(scrape.options.url, "http://immich-server:8081/metrics");
  EXPECT_EQ(scrape.options.endpoint, Endpoint::kApi);
  EXPECT_EQ(scrape.timing.interval, 15s);
  EXPECT_EQ(scrape.timing.timeout, 10s);
  EXPECT_EQ(scrape.timing.max_stale, 60s);
  EXPECT_EQ(scrape.options.filter.patterns.size(), GalleryGroups().size());
  EXPECT_THAT(scrape.options.filter.drop, ElementsAre("target_info"));
  EXPECT_EQ(scrape.options.filter.normalisers.at("path")("/api/assets/8cadebb5-0000-4000-8000-000000000000?x=1"), "/api/assets/:id");
  EXPECT_EQ(scrape.options.filter.guard("label", "someone@example.org"), "email");
  EXPECT_EQ(scrape.options.filter.guard("label", "GET"), "");
}

TEST_F(ScrapeConfigTest, ReadsEverything) {
  Write("token", "secret\n");
  const Config config = Load(R"(telemetry: {include: job}
listen: {machine_learning: ':3004'}
scrapes:
  - name: ml
    url: https://ml:3003/metrics
    endpoint: machine_learning
    interval_s: 5
    timeout_s: 2
    max_stale_s: 0
    max_bytes: 2048
    max_series: 10
    groups: {'shop_jobs_*': job, 'shop_*': none}
    keep: ['shop_*', up]
    drop: [shop_secret]
    drop_labels: otel_*
    labels: {url: 'lower | route', path: number}
    add_labels: {target: one}
    bearer_token_file: token
    tls: {ca_file: ca.pem, server_name: ml.example}
    unix_socket: /run/ml.sock
    proxy: ''
)");
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(config.listen_machine_learning, ":3004");
  ASSERT_EQ(config.scrapes.size(), 1U);
  const ScrapeConfig& scrape = config.scrapes[0];
  EXPECT_EQ(scrape.options.endpoint, Endpoint::kMachineLearning);
  EXPECT_EQ(scrape.timing.interval, 5s);
  EXPECT_EQ(scrape.timing.timeout, 2s);
  EXPECT_EQ(scrape.timing.max_stale, 0s);
  EXPECT_EQ(scrape.options.timeout, 2s);
  EXPECT_EQ(scrape.options.max_bytes, 2048U);
  EXPECT_EQ(scrape.options.filter.groups, GroupSet().set(IndexOf(Group::kJob)));
  EXPECT_EQ(scrape.options.filter.max_series, 10U);
  ASSERT_EQ(scrape.options.filter.patterns.size(), 2U);
  EXPECT_EQ(scrape.options.filter.patterns[0].pattern, "shop_jobs_*");
  EXPECT_EQ(scrape.options.filter.patterns[0].group, Group::kJob);
  EXPECT_EQ(scrape.options.filter.patterns[1].group, std::nullopt);
  EXPECT_THAT(scrape.options.filter.keep, ElementsAre("shop_*", "up"));
  EXPECT_THAT(scrape.options.filter.drop, ElementsAre("shop_secret"));
  EXPECT_THAT(scrape.options.filter.drop_labels, ElementsAre("otel_*"));
  EXPECT_EQ(scrape.options.filter.normalisers.at("url")("/API/17"), "/api/:id");
  EXPECT_EQ(scrape.options.filter.normalisers.at("path")("a 17"), "a :n");
  EXPECT_EQ(scrape.options.filter.normalisers.at("path")("someone@example.org 17"), "other") << "the guard looks at what a filter leaves";
  EXPECT_THAT(scrape.options.add_labels, ElementsAre(Pair("target", "one")));
  EXPECT_EQ(scrape.options.client.credentials.bearer_token_file, folder_ + "/token");
  EXPECT_EQ(scrape.options.client.tls.ca_file, folder_ + "/ca.pem");
  EXPECT_EQ(scrape.options.client.tls.server_name, "ml.example");
  EXPECT_EQ(scrape.options.client.unix_socket, "/run/ml.sock");
  EXPECT_EQ(scrape.options.client.proxy, "");
}

TEST_F(ScrapeConfigTest, AScrapeOpensItsEndpoint) {
  const std::string scrapes = "scrapes: [{name: ml, url: 'http://ml/', endpoint: machine_learning}]\n";
  const auto opens = [](const Config& config) {
    std::string names;
    for (const Endpoint endpoint : kEndpoints) names += config.Opens(endpoint) ? std::string(EndpointName(endpoint)) + " " : "";
    return names;
  };
  EXPECT_EQ(opens(Load("telemetry: {include: job}")), "microservices ");
  EXPECT_EQ(opens(Load("telemetry: {include: [io, job]}")), "api microservices ");
  EXPECT_EQ(opens(Load("telemetry: {include: job}\n" + scrapes)), "microservices machine_learning ");
  EXPECT_EQ(opens(Load("telemetry: {include: api}\nlisten: {machine_learning: ':3003'}")), "api machine_learning ");
  const Config without_groups = Load("listen: {machine_learning: ':3003'}\n" + scrapes);
  EXPECT_EQ(opens(without_groups), "") << "nothing is shown unless groups ask for it";
  EXPECT_THAT(without_groups.scrapes, IsEmpty());
}

TEST_F(ScrapeConfigTest, TheThirdEndpointNeedsAnAddressOfItsOwnWhereItIsOpen) {
  (void)Load("telemetry: {include: all}\nlisten: {api: ':3003'}\n");
  EXPECT_EQ(Messages(), "");
  (void)Load("telemetry: {include: all}\nlisten: {api: ':3003'}\nscrapes: [{name: ml, url: 'http://ml/', endpoint: machine_learning}]\n");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:2:15: listen.api: \":3003\" is where listen.machine_learning (127.0.0.1:3003) listens already; give each a port of "
      "its own\n");
  (void)Load("telemetry: {include: all}\nlisten: {machine_learning: '127.0.0.1:8082'}\n");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:2:28: listen.machine_learning: \"127.0.0.1:8082\" is where listen.microservices (127.0.0.1:8082) listens already; "
      "give each a port of its own\n");
}

TEST_F(ScrapeConfigTest, EveryMistakeIsReportedWithItsPlace) {
  (void)Load(R"(scrapes:
  - {url: 'ftp://a/', endpoint: apis}
  - {name: '', url: 'http://a/', endpoint: api, interval_s: 4, timeout_s: 0, max_bytes: 1, max_series: 0}
  - {name: a, url: 'http://a/', endpoint: api, groups: {x: apl}, labels: {le: route, path: rout, x: ''}, grups: 1}
  - {name: a, url: 'http://a/', endpoint: api, add_labels: {0x: y, z: a@example.org}, tls: {insecure: 1}}
  - {name: b, url: 'http://a/', endpoint: api, password: x, bearer_token: y}
  - {name: c, url: 'http://a/', endpoint: api, interval_s: 5, timeout_s: 6}
  - text
)");
  EXPECT_EQ(
      Messages(),
      "logmill.yaml:2:5: scrapes[0]: required key \"name\" is missing\n"
      "logmill.yaml:2:11: scrapes[0].url: it has to begin with http:// or https://\n"
      "logmill.yaml:2:33: scrapes[0].endpoint: unknown endpoint \"apis\"; did you mean \"api\"?; known are: api, microservices, "
      "machine_learning\n"
      "logmill.yaml:3:12: scrapes[1].name: must not be empty\n"
      "logmill.yaml:3:61: scrapes[1].interval_s: 4 is out of range; it has to be from 5 to 600\n"
      "logmill.yaml:3:75: scrapes[1].timeout_s: 0 is out of range; it has to be from 1 to 600\n"
      "logmill.yaml:3:89: scrapes[1].max_bytes: 1 is out of range; it has to be from 1024 to 1073741824\n"
      "logmill.yaml:3:104: scrapes[1].max_series: 0 is out of range; it has to be from 1 to 1000000\n"
      "logmill.yaml:4:60: scrapes[2].groups.x: unknown telemetry group \"apl\"; did you mean \"api\"?; known are: api, host, app, io, "
      "repo, job, none\n"
      "logmill.yaml:4:75: scrapes[2].labels.le: \"le\" cannot be a label; letters, digits and _ would be right, but not le, quantile and "
      "__x\n"
      "logmill.yaml:4:92: scrapes[2].labels.path: unknown filter \"rout\"; did you mean \"route\"?\n"
      "logmill.yaml:4:101: scrapes[2].labels.x: must not be empty\n"
      "logmill.yaml:4:106: scrapes[2]: unknown key \"grups\"; did you mean \"groups\"?\n"
      "logmill.yaml:5:5: scrapes[3]: another scrape is called \"a\" already; give each a `name` of its own\n"
      "logmill.yaml:5:61: scrapes[3].add_labels.0x: \"0x\" cannot be a label; letters, digits and _ would be right, but not le, quantile "
      "and __x\n"
      "logmill.yaml:5:71: scrapes[3].add_labels.z: \"a@example.org\" looks like personal data, which is no label value\n"
      "logmill.yaml:5:103: scrapes[3].tls.insecure: expected true or false, found \"1\"\n"
      "logmill.yaml:6:5: scrapes[4]: there may be a user and password or a bearer token, not both\n"
      "logmill.yaml:7:74: scrapes[5].timeout_s: must not be longer than interval_s, which is 5\n"
      "logmill.yaml:8:5: scrapes[6]: expected a map (key: value), found \"text\"\n");
}

TEST_F(ScrapeConfigTest, NoMessageHoldsAPassword) {
  for (const char* entry : {"{name: a, url: 'ftp://u:hunter2@a/', endpoint: api}", "{name: a, url: 'http://u:hunter2@a:x/', endpoint: api}",
                            "{name: a, url: 'http://a/', endpoint: 'http://u:hunter2@a/'}", "'http://u:hunter2@a/'",
                            "{name: a, url: 'http://a/', endpoint: api, interval_s: 'http://u:hunter2@a/'}"}) {
    (void)Load(std::string("scrapes: [") + entry + "]");
    EXPECT_TRUE(diagnostics_.has_errors()) << entry;
    EXPECT_THAT(Messages(), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace logmill
