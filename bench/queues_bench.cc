// What does a look at job queues with a million jobs cost, here and in Redis, compared with the obvious ways to look?
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "collectors/queue_collector.h"
#include "tests/support/redis_server.h"

namespace logmill {
namespace {

using testing::RedisServer;

constexpr int64_t kNowMs = 1'766'533'331'507;
constexpr int kJobsPerQueue = 50'000;  // of each of Gallery's 20 queues

class FixedClock final : public Clock {
 public:
  [[nodiscard]] int64_t UnixMillis() const override { return kNowMs; }
  [[nodiscard]] std::chrono::nanoseconds Monotonic() const override { return {}; }
};

// Three of five jobs wait, one is delayed, one has failed.
class Filled {
 public:
  Filled() {
    for (const std::string& queue : GalleryQueues()) Fill(queue);
  }

  RedisServer& server() { return server_; }
  [[nodiscard]] RedisOptions options() const {
    RedisOptions options;
    options.host = "127.0.0.1";
    options.port = server_.port();
    options.timeout = std::chrono::minutes(5);
    return options;
  }
  const FixedClock& clock() const { return clock_; }

 private:
  void Fill(const std::string& queue) {
    const std::string key = "immich_bull:" + queue + ":";
    std::vector<RedisServer::Words> commands{{"HSET", key + "meta", "version", "bullmq:5.70.4"}};
    for (int i = 0; i < kJobsPerQueue; ++i) {
      const std::string id = std::to_string(i);
      const int64_t created = kNowMs - 3'600'000 + i;
      commands.push_back({"HSET", key + id, "name", "Job", "data", R"({"id":"8cadebb5-0c27-4e3c-a8a5-4a4f1f0f6d2c"})", "timestamp",
                          std::to_string(created), "delay", "0", "priority", "0"});
      if (i % 5 < 3) commands.push_back({"LPUSH", key + "wait", id});
      if (i % 5 == 3) commands.push_back({"ZADD", key + "delayed", std::to_string(created * 4096), id});
      if (i % 5 == 4) commands.push_back({"ZADD", key + "failed", std::to_string(created), id});
    }
    server_.Commands(commands);
  }

  RedisServer server_;
  const FixedClock clock_;
};

Filled& Queues() {
  static Filled filled;
  return filled;
}

// A value in KiB of /proc/PID/status.
double StatusKib(int pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    double value = 0;
    if (word == name && status >> value) return value;
  }
  return 0;
}

// What the runs between its beginning and Report() cost both sides.
class Cost {
 public:
  Cost() : server_cpu_(ServerCpu()) {
    for (const int pid : {Server(), Here()}) {
      std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << 5;  // the peak begins anew
      before_kib_[pid] = StatusKib(pid, "VmRSS:");
    }
  }
  void Report(benchmark::State& state) {
    const auto runs = static_cast<double>(state.iterations());
    state.counters["server_cpu_ms"] = (ServerCpu() - server_cpu_) * 1000 / runs;
    state.counters["server_peak_KiB"] = StatusKib(Server(), "VmHWM:") - before_kib_[Server()];
    state.counters["here_peak_KiB"] = StatusKib(Here(), "VmHWM:") - before_kib_[Here()];
  }

 private:
  static int Server() { return Queues().server().pid(); }
  static int Here() { return ::getpid(); }
  static double ServerCpu() {
    const std::string info = Queues().server().Run("INFO cpu");
    auto value = [&](const std::string& name) { return std::stod(info.substr(info.find(name) + name.size())); };
    return value("used_cpu_sys:") + value("used_cpu_user:");
  }

  const double server_cpu_;
  std::map<int, double> before_kib_;
};

// All that is compared: jobs and ages of all queues.
struct Reading {
  double jobs = 0;
  double ages = 0;
  bool operator==(const Reading&) const = default;
};

Reading Sum(const Collected& collected) {
  Reading reading;
  for (const prometheus::MetricFamily& family : collected.families[IndexOf(Endpoint::kMicroservices)]) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (family.name == "immich_queues_jobs") reading.jobs += metric.gauge.value;
      if (family.name == "immich_queues_oldest_job_age_seconds") reading.ages += metric.gauge.value;
    }
  }
  return reading;
}

// One command, one wait.
class OneByOne {
 public:
  OneByOne() : redis_(Queues().options()) {}

  Redis::Reply Ask(Redis::Command command) {
    auto replies = redis_.Ask(std::vector<Redis::Command>{std::move(command)});
    if (!replies) std::fprintf(stderr, "%s\n", replies.error().c_str()), std::abort();
    return std::move(replies->front());
  }
  double Number(Redis::Command command) { return static_cast<double>(Ask(std::move(command))->integer); }
  std::vector<std::string> Texts(Redis::Command command) {
    const Redis::Reply reply = Ask(std::move(command));
    std::vector<std::string> texts;
    for (size_t i = 0; i < reply->elements; ++i) texts.emplace_back(reply->element[i]->str, reply->element[i]->len);
    return texts;
  }
  int64_t Created(const std::string& key) { return std::stoll(Ask({"HGET", key, "timestamp"})->str); }

  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    for (const std::string& meta : Texts({"KEYS", "immich_bull:*:meta"})) keys.push_back(meta.substr(0, meta.size() - 4));
    return keys;
  }
  double Jobs(const std::string& key) {
    double jobs = 0;
    for (const char* list : {"wait", "active", "paused"}) jobs += Number({"LLEN", key + list});
    for (const char* set : {"completed", "failed", "delayed"}) jobs += Number({"ZCARD", key + set});
    return jobs;
  }
  // The jobs from place `first` to `last`, counted from the oldest, of each of the three that have an age.
  std::array<std::vector<std::string>, 3> Oldest(const std::string& key, const char* count) {
    return {Texts({"LRANGE", key + "wait", "-" + std::string(count), "-1"}),
            Texts({"ZRANGE", key + "delayed", "0", std::to_string(std::stoi(count) - 1)}),
            Texts({"ZRANGE", key + "failed", "0", std::to_string(std::stoi(count) - 1)})};
  }

 private:
  Redis redis_;
};

Reading ReadOneByOne(OneByOne& redis, const char* count) {
  Reading reading;
  for (const std::string& key : redis.Keys()) {
    reading.jobs += redis.Jobs(key);
    for (const std::vector<std::string>& jobs : redis.Oldest(key, count)) {
      int64_t oldest = kNowMs;
      for (const std::string& job : jobs) oldest = std::min(oldest, redis.Created(key + job));
      reading.ages += static_cast<double>((kNowMs - oldest) / 1000);
    }
  }
  return reading;
}

void Check(benchmark::State& state, const Reading& reading) {
  static const Reading reference = [] {
    OneByOne redis;
    return ReadOneByOne(redis, "1");
  }();
  if (reading != reference) state.SkipWithError("the numbers are not right");
}

void Refresh(benchmark::State& state, size_t scan_steps) {
  QueueOptions options;
  options.scan_steps = options.first_scan_steps = scan_steps;
  QueueCollector collector(Queues().options(), options, Queues().clock());
  Reading reading = Sum(*collector.Collect());
  Check(state, reading);
  Cost cost;
  for (auto _ : state) reading = Sum(*collector.Collect());
  cost.Report(state);
  Check(state, reading);
}

void Collector(benchmark::State& state) { Refresh(state, QueueOptions().scan_steps); }
void CollectorWithoutDiscovery(benchmark::State& state) { Refresh(state, 0); }

void OneByOneBy(benchmark::State& state, const char* count) {
  OneByOne redis;
  Reading reading = ReadOneByOne(redis, "1");
  Cost cost;
  for (auto _ : state) reading = ReadOneByOne(redis, count);
  cost.Report(state);
  Check(state, reading);
}

// KEYS, then a command at a time; the oldest job is where BullMQ has it.
void KeysAndCommandsOneByOne(benchmark::State& state) { OneByOneBy(state, "1"); }
// KEYS, then HGET of every job.
void KeysAndEveryJob(benchmark::State& state) { OneByOneBy(state, "1000000"); }

BENCHMARK(Collector)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(CollectorWithoutDiscovery)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(KeysAndCommandsOneByOne)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(KeysAndEveryJob)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace logmill
