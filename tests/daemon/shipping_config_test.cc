#include "daemon/shipping_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/config_fixture.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class ShippingConfigTest : public testing::ConfigFixture {
 protected:
  // The messages about a `shipping` section with these lines.
  std::string MessagesOf(const std::string& lines) {
    Load("state: state\nshipping:\n" + lines);
    return Messages();
  }
  std::string MessagesOfDestination(const std::string& entry) { return MessagesOf("  destinations: [" + entry + "]\n"); }
};

TEST_F(ShippingConfigTest, ShipsNothingUnlessToldWhereTo) {
  EXPECT_FALSE(Load("state: state\n").shipping.enabled());
  EXPECT_FALSE(Load("shipping: {service: gallery}\n").shipping.enabled());
  EXPECT_EQ(Messages(), "");
}

TEST_F(ShippingConfigTest, HasDefaults) {
  const Config config = Load("state: state\nshipping: {destinations: [{loki: 'http://loki:3100/'}]}\n");
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(config.shipping.options.folder, folder_ + "/state/spool");
  EXPECT_TRUE(config.shipping.filter.passes_everything());
  ASSERT_EQ(config.shipping.destinations.size(), 1U);
  const DestinationConfig& loki = config.shipping.destinations[0];
  EXPECT_EQ(loki.shipper.name, "loki");
  EXPECT_EQ(loki.where, "http://loki:3100");
  EXPECT_EQ(loki.shipper.when_full, WhenFull::kDropOldest);
  EXPECT_EQ(loki.shipper.max_backlog_bytes, uint64_t{1} << 30);
  EXPECT_EQ(loki.shipper.max_age, 0s);
  EXPECT_NE(loki.make(), nullptr);
}

TEST_F(ShippingConfigTest, ReadsEverything) {
  Write("key", "secret\n");
  environment_["SPLUNK_TOKEN"] = "hidden";
  const Config config = Load(R"(state: state
shipping:
  service: gallery
  environment: production
  host: photos
  spool: {folder: spool, max_bytes: 33554432, max_age_hours: 48, when_full: block}
  filters:
    - {level: [verbose, debug], ship: false}
    - {context: RouterExplorer, source: app, format: json, ship: 0.5}
  redact: {kinds: [email, ip], fields: [req.headers.authorization]}
  destinations:
    - loki: http://loki:3100
      name: main
      tenant: t
      labels: {app: gallery, level: $level}
      structured_metadata: false
      json: true
      max_streams: 5
      filters: [{level: log, ship: false}]
      batch_records: 10
      batch_bytes: 2048
      batch_wait_ms: 5
      max_pause_ms: 100
      stop_patience_ms: 7
      max_backlog_bytes: 2097152
      max_age_hours: 1
      when_full: drop_oldest
      timeout_ms: 500
      compression: none
      headers: {X-Team: photos}
      username: u
      password_file: key
      tls: {ca_file: ca.pem}
      proxy: ''
    - elasticsearch: ['https://a:9200', 'https://b:9200']
      data_stream: logs-gallery-prod
      pipeline: p
      api_key_file: key
    - {splunk: 'https://splunk:8088', token_env: SPLUNK_TOKEN, index: i, sourcetype: s, acknowledge: true, acknowledge_timeout_ms: 5000, channel: 6b8f0f2e-0f5a-4a62-8d4a-0c3a5d8b6f11}
    - {datadog: 'https://http-intake.logs.datadoghq.eu', api_key_file: key, tags: ['env:prod']}
    - {otlp: 'http://collector:4318', json: true, resource: {deployment.region: eu}, bearer_token_file: key}
    - {file: out/all.ndjson, max_bytes: 1000, keep: 2, raw: true}
    - {stdout: raw}
)");
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(config.shipping.options.folder, folder_ + "/spool");
  EXPECT_EQ(config.shipping.max_bytes, 33554432U);
  EXPECT_EQ(config.shipping.redaction.kinds, (std::vector<std::string>{"email", "ip"}));
  EXPECT_EQ(config.shipping.redaction.fields, (std::vector<std::string>{"req.headers.authorization"}));
  EXPECT_EQ(config.shipping.redaction.recognise("someone@example.org"), "email");
  ASSERT_EQ(config.shipping.destinations.size(), 7U);
  const ShipperOptions& main = config.shipping.destinations[0].shipper;
  EXPECT_EQ(main.name, "main");
  EXPECT_EQ(main.batch_records, 10U);
  EXPECT_EQ(main.batch_bytes, 2048U);
  EXPECT_EQ(main.batch_wait, 5ms);
  EXPECT_EQ(main.first_pause, 100ms);
  EXPECT_EQ(main.max_pause, 100ms);
  EXPECT_EQ(main.stop_patience, 7ms);
  EXPECT_EQ(main.max_backlog_bytes, 2097152U);
  EXPECT_EQ(main.max_age, 1h);
  EXPECT_EQ(main.when_full, WhenFull::kDropOldest);
  EXPECT_FALSE(main.filter.passes_everything());
  const ShipperOptions& splunk = config.shipping.destinations[2].shipper;
  EXPECT_EQ(splunk.max_backlog_bytes, 33554432U);
  EXPECT_EQ(splunk.max_age, 48h);
  EXPECT_EQ(splunk.when_full, WhenFull::kBlock);
  EXPECT_EQ(splunk.batch_records, 32'000U) << "they wait for their acknowledgement together";
  EXPECT_EQ(splunk.batch_bytes, 32U << 20);
  EXPECT_EQ(config.shipping.destinations[1].where, "https://a:9200, https://b:9200");
  EXPECT_EQ(config.shipping.destinations[6].where, "standard output");
  for (const DestinationConfig& destination : config.shipping.destinations) EXPECT_NE(destination.make(), nullptr) << destination.where;
}

TEST_F(ShippingConfigTest, FiltersDecideByTheFirstThatFits) {
  const Config config = Load(R"(state: state
shipping:
  filters: [{level: debug, context: Keep, ship: true}, {level: [verbose, debug], ship: false}]
  destinations: [{stdout: json}]
)");
  EXPECT_EQ(Messages(), "");
  EXPECT_TRUE(config.shipping.filter.Passes({.format = RecordFormat::kJson, .level = "debug", .context = "Keep"}));
  EXPECT_FALSE(config.shipping.filter.Passes({.format = RecordFormat::kJson, .level = "debug", .context = "Other"}));
  EXPECT_TRUE(config.shipping.filter.Passes({.format = RecordFormat::kJson, .level = "log", .context = "Other"}));
}

TEST_F(ShippingConfigTest, NeedsAState) {
  Load("shipping: {destinations: [{stdout: json}]}\n");
  EXPECT_EQ(Messages(), "logmill.yaml:1:11: shipping: needs a state folder; add `state: FOLDER`, for example /var/lib/logmill\n");
}

TEST_F(ShippingConfigTest, ReportsEveryMistakeWithItsPlace) {
  const std::string messages = MessagesOf(R"(  spool: {max_bytes: 5, when_full: wait}
  filters: [{level: debug}, {format: xml, ship: false}, {ship: 2}, {ship: maybe}]
  redact: [email, names]
  destinations:
    - {loki: 'ftp://loki'}
    - {name: x}
    - {file: a, stdout: json}
    - {stdout: yaml}
    - {loki: 'http://l:1', name: 'a/b'}
    - {loki: 'http://l:1', name: y, compression: zip, batch_records: 0, colour: red}
    - {file: b, name: y}
)");
  EXPECT_THAT(messages, HasSubstr("logmill.yaml:3:22: shipping.spool.max_bytes: 5 is out of range"));
  EXPECT_THAT(messages, HasSubstr("logmill.yaml:3:36: shipping.spool.when_full: unknown choice \"wait\""));
  EXPECT_THAT(messages, HasSubstr("logmill.yaml:4:13: shipping.filters[0]: "));
  EXPECT_THAT(messages, HasSubstr("shipping.filters[1].format: unknown format \"xml\""));
  EXPECT_THAT(messages, HasSubstr("shipping.filters[2].ship: "));
  EXPECT_THAT(messages, HasSubstr("shipping.filters[3].ship: "));
  EXPECT_THAT(messages, HasSubstr("logmill.yaml:5:19: shipping.redact[1]: unknown kind of personal data \"names\""));
  EXPECT_THAT(messages, HasSubstr("logmill.yaml:7:14: shipping.destinations[0].loki: "));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[1]: which destination? One of loki, elasticsearch"));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[2]: both \"file\" and \"stdout\""));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[3].stdout: unknown form \"yaml\""));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[4]: name: \"a/b\" cannot be a destination's name"));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[5].compression: unknown compression \"zip\""));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[5].batch_records: 0 is out of range"));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[5]: unknown key \"colour\""));
  EXPECT_THAT(messages, HasSubstr("shipping.destinations[6]: another destination is called \"y\" already"));
}

TEST_F(ShippingConfigTest, APathOfARedactedFieldHasNoGap) {
  const std::string messages = MessagesOf("  redact: {fields: [a..b, .a, a., a.b]}\n  destinations: [{stdout: json}]\n");
  for (const char* place : {"3:21: shipping.redact.fields[0]", "3:27: shipping.redact.fields[1]", "3:31: shipping.redact.fields[2]"}) {
    EXPECT_THAT(messages, HasSubstr(std::string(place) + ": a name is missing beside a dot"));
  }
  EXPECT_THAT(messages, Not(HasSubstr("fields[3]")));
}

TEST_F(ShippingConfigTest, SecretsAreNotInTheFile) {
  const std::string plain = MessagesOfDestination("{splunk: 'https://s:8088', token: abc-secret}");
  EXPECT_THAT(
      plain,
      HasSubstr("shipping.destinations[0].token: a secret does not stand in the configuration; write it to a file and give token_file"));
  EXPECT_THAT(plain, Not(HasSubstr("abc-secret")));
  const std::string in_url = MessagesOfDestination("{loki: 'http://me:abc-secret@loki:3100'}");
  EXPECT_THAT(in_url, HasSubstr("a user and password do not stand in a URL here"));
  EXPECT_THAT(in_url, Not(HasSubstr("abc-secret")));
  EXPECT_THAT(MessagesOfDestination("{splunk: 'https://s:8088', token_env: NOT_SET}"),
              HasSubstr("token_env: the environment variable NOT_SET is not set"));
  EXPECT_THAT(MessagesOfDestination("{datadog: 'https://d', api_key_env: NOT_SET}"), Not(HasSubstr("no API key")));
  environment_["A"] = "1";
  EXPECT_THAT(MessagesOfDestination("{splunk: 'https://s:8088', token_env: A, token_file: f}"),
              HasSubstr("there are both token_file and token_env; give one of them"));
}

TEST_F(ShippingConfigTest, AnUnknownEnvironmentMaySetEverything) {
  const std::string path = Write("unknown.yaml", R"(state: state
shipping:
  destinations:
    - {datadog: 'https://d', api_key_env: NOT_SET}
    - {loki: 'http://l', username: me, password_env: NOT_SET}
)");
  LoadConfig(path, Environment(), diagnostics_);
  EXPECT_EQ(Messages(), "");
}

TEST_F(ShippingConfigTest, AUrlIsThatOfAServer) {
  EXPECT_THAT(MessagesOfDestination("{loki: 'http://l:3100/loki/api/v1/push'}"),
              HasSubstr("destinations[0].loki: Logmill adds /loki/api/v1/push itself; http://l:3100/ would be right"));
  EXPECT_THAT(MessagesOfDestination("{otlp: 'http://o:4318/v1/logs/'}"), HasSubstr("Logmill adds /v1/logs itself; http://o:4318/ would"));
  EXPECT_THAT(MessagesOfDestination("{splunk: 'http://s/services/collector/event'}"), HasSubstr("Logmill adds /services/collector/event"));
  EXPECT_THAT(MessagesOfDestination("{datadog: 'http://d/api/v2/logs'}"), HasSubstr("Logmill adds /api/v2/logs itself"));
  EXPECT_THAT(MessagesOfDestination("{elasticsearch: 'http://e/_bulk'}"),
              HasSubstr("Logmill adds /_bulk itself; http://e/ would be right"));
  EXPECT_THAT(MessagesOfDestination("{elasticsearch: 'http://e/?pretty'}"),
              HasSubstr("destinations[0].elasticsearch: a URL of a node has no"));
}

TEST_F(ShippingConfigTest, WhatCannotBeSentIsNoHeader) {
  EXPECT_THAT(MessagesOfDestination("{loki: 'http://l', headers: {X: \"a\\r\\nb\"}}"),
              HasSubstr("the header X has a value that cannot be sent"));
  EXPECT_THAT(MessagesOfDestination("{loki: 'http://l', headers: {'bad name': x}}"), HasSubstr("a name that cannot be sent"));
  EXPECT_THAT(MessagesOfDestination("{loki: 'http://l', headers: {Content-Length: 5}}"), HasSubstr("is made by Logmill"));
  EXPECT_THAT(MessagesOfDestination("{loki: 'http://l', username: me}"),
              HasSubstr("username: there is no password for it; add password_file"));
}

TEST_F(ShippingConfigTest, AFileIsNotItsOwnSource) {
  Load(R"(state: state
sources: [{name: all, file: logs/*.log}, {name: rotated, file: old/out*}]
shipping: {destinations: [{file: logs/out.log}, {file: old/../old/out, name: two}, {file: other/out.log, name: three}]}
)");
  EXPECT_THAT(Messages(), HasSubstr("3:27: shipping.destinations[0]: the source \"all\" reads this file"));
  EXPECT_THAT(Messages(), HasSubstr("shipping.destinations[1]: the source \"rotated\" reads this file"));
  EXPECT_THAT(Messages(), Not(HasSubstr("destinations[2]")));
}

}  // namespace
}  // namespace logmill
