// A QueueCollector and a real Redis, and what a page of it says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/queue_collector.h"
#include "tests/collectors/bull_queues.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"

namespace logmill::testing {

using Page = std::map<std::string, double>;  // "immich_queues_jobs{queue=q,status=s}" to value

inline std::string SeriesName(const std::string& family, const prometheus::ClientMetric& metric) {
  std::string name = family + "{";
  for (const auto& label : metric.label) name += label.name + "=" + label.value + ",";
  if (name.ends_with(',')) name.pop_back();
  return name + "}";
}

inline Page ToPage(const Collected& collected) {
  Page page;
  for (const prometheus::MetricFamily& family : collected.families[IndexOf(Endpoint::kMicroservices)]) {
    EXPECT_EQ(family.type, prometheus::MetricType::Gauge);
    EXPECT_FALSE(family.help.empty());
    for (const prometheus::ClientMetric& metric : family.metric) {
      const std::string name = SeriesName(family.name, metric);
      EXPECT_FALSE(page.contains(name)) << name;
      page[name] = metric.gauge.value;
    }
  }
  EXPECT_TRUE(collected.families[IndexOf(Endpoint::kApi)].empty());
  return page;
}

inline std::string JobsName(const std::string& queue, const std::string& status) {
  return "immich_queues_jobs{queue=" + queue + ",status=" + status + "}";
}
inline std::string AgeName(const std::string& queue, const std::string& status) {
  return "immich_queues_oldest_job_age_seconds{queue=" + queue + ",status=" + status + "}";
}
inline std::string PausedName(const std::string& queue) { return "immich_queues_paused{queue=" + queue + "}"; }

inline std::set<std::string> QueuesOf(const Page& page) {
  std::set<std::string> queues;
  for (const auto& [name, value] : page) {
    if (name.starts_with("immich_queues_paused{queue=")) queues.insert(name.substr(27, name.size() - 28));
  }
  return queues;
}

class QueueFixture : public ::testing::Test {
 protected:
  [[nodiscard]] RedisOptions Tcp() const {
    RedisOptions options;
    options.host = "127.0.0.1";
    options.port = server_.port();
    options.timeout = std::chrono::seconds(30);
    return options;
  }
  // Few queues, so that the tests' expectations are short.
  static QueueOptions Options(std::vector<std::string> queues = {"ocr", "library"}) {
    QueueOptions options;
    options.queues = std::move(queues);
    options.first_scan_time = options.scan_time = std::chrono::minutes(10);
    return options;
  }
  QueueCollector Collector(QueueOptions options = Options()) { return {Tcp(), std::move(options), clock_}; }

  // What a refresh gives; notices_ and error_ hold the rest.
  Page Collect(QueueCollector& collector) {
    const auto collected = collector.Collect();
    error_ = collected ? "" : collected.error();
    notices_ = collected ? collected->notices : std::vector<std::string>();
    return collected ? ToPage(*collected) : Page();
  }
  Page CollectOnce(QueueOptions options = Options()) {
    QueueCollector collector = Collector(std::move(options));
    Page page = Collect(collector);
    EXPECT_EQ(error_, "");
    return page;
  }

  [[nodiscard]] int64_t Now() const { return clock_.UnixMillis(); }
  [[nodiscard]] int64_t Ago(std::chrono::milliseconds age) const { return Now() - age.count(); }

  FakeClock clock_;
  RedisServer server_{{"--enable-debug-command", "local"}};
  BullQueues queues_{server_};
  std::vector<std::string> notices_;
  std::string error_;
};

}  // namespace logmill::testing
