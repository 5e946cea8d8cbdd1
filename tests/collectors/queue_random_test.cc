#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/collectors/queue_fixture.h"

namespace logmill {
namespace {

using testing::AgeName;
using testing::BullQueues;
using testing::JobsName;
using testing::Page;
using testing::PausedName;
using testing::RedisServer;
using QueueRandomTest = testing::QueueFixture;

// The plain way: one command after the other, KEYS, everything read whole.
class PlainWay {
 public:
  PlainWay(RedisServer& server, int64_t now) : server_(server), now_(now) {}

  Page Collect(const std::vector<std::string>& configured) {
    std::set<std::string> names(configured.begin(), configured.end());
    for (const std::string& key : Lines(server_.Run("KEYS immich_bull:*:meta"))) names.insert(key.substr(12, key.size() - 17));
    Page page;
    for (const std::string& name : names) CollectQueue(name, page);
    return page;
  }

 private:
  static std::vector<std::string> Lines(const std::string& text) {
    std::vector<std::string> lines;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      lines.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return lines;
  }
  std::string Key(const std::string& name, const std::string& part) { return "immich_bull:" + name + ":" + part; }

  // Oldest first.
  std::vector<std::string> Jobs(const std::string& name, const std::string& part, bool is_list) {
    std::vector<std::string> ids = Lines(server_.Command({is_list ? "LRANGE" : "ZRANGE", Key(name, part), "0", "-1"}));
    if (is_list) std::ranges::reverse(ids);
    if (is_list && part != "active" && !ids.empty() && ids[0].starts_with("0:")) ids.erase(ids.begin());
    return ids;
  }

  void CollectQueue(const std::string& name, Page& page) {
    const std::map<std::string, std::pair<std::string, bool>> statuses{{"active", {"active", true}},  {"completed", {"completed", false}},
                                                                       {"failed", {"failed", false}}, {"delayed", {"delayed", false}},
                                                                       {"waiting", {"wait", true}},   {"paused", {"paused", true}}};
    for (const auto& [status, key] : statuses) {
      const std::vector<std::string> jobs = Jobs(name, key.first, key.second);
      page[JobsName(name, status)] = static_cast<double>(jobs.size());
      if (status == "waiting" || status == "delayed" || status == "failed") page[AgeName(name, status)] = Age(name, jobs);
    }
    page[PausedName(name)] = server_.Command({"HEXISTS", Key(name, "meta"), "paused"}) == "1" ? 1 : 0;
  }

  double Age(const std::string& name, const std::vector<std::string>& jobs) {
    for (const std::string& id : jobs) {
      const std::string timestamp = server_.Command({"HGET", Key(name, id), "timestamp"});
      if (!timestamp.empty()) return std::max(0.0, std::floor(static_cast<double>(now_ - std::stoll(timestamp)) / 1000));
    }
    return 0;
  }

  RedisServer& server_;
  const int64_t now_;
};

// Fills the queues by chance, with at most kOldestJobs - 1 jobs of a status that are gone.
class RandomQueues {
 public:
  RandomQueues(BullQueues& queues, RedisServer& server, unsigned seed, int64_t now)
      : queues_(queues), server_(server), random_(seed), now_(now) {}

  void Fill(const std::string& name) {
    if (Below(2) == 0) queues_.Make(name);
    for (const char* list : {"wait", "paused", "active"}) FillList(name, list);
    for (const char* set : {"completed", "failed", "delayed"}) FillSet(name, set);
    if (Below(3) == 0) queues_.Pause(name);
  }

 private:
  unsigned Below(unsigned bound) { return std::uniform_int_distribution<unsigned>(0, bound - 1)(random_); }
  int64_t Created() { return now_ + 5'000 - static_cast<int64_t>(Below(100'000'000)); }
  std::string NewId() { return (Below(2) == 0 ? "" : "album/") + std::to_string(++last_id_); }

  void FillList(const std::string& name, const std::string& list) {
    if (Below(4) == 0) server_.Command({"LPUSH", queues_.Key(name, list), "0:0"});
    const unsigned gone = Below(kOldestJobs);
    for (unsigned i = 0, count = Below(2) * Below(30); i < count; ++i) {
      const std::string id = NewId();
      queues_.Push(name, list, id, Created());
      if (i < gone) server_.Command({"DEL", queues_.Key(name, id)});
    }
  }
  void FillSet(const std::string& name, const std::string& set) {
    unsigned gone = Below(kOldestJobs);
    for (unsigned i = 0, count = Below(2) * Below(30); i < count; ++i) {
      const std::string id = NewId();
      queues_.Add(name, set, id, Below(20) * 4096.0, Created());
      if (gone > 0 && Below(3) == 0) {
        --gone;
        server_.Command({"DEL", queues_.Key(name, id)});
      }
    }
  }

  BullQueues& queues_;
  RedisServer& server_;
  std::mt19937 random_;
  const int64_t now_;
  int last_id_ = 0;
};

TEST_F(QueueRandomTest, AgreesWithThePlainWayOnRandomQueues) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    server_.Run("FLUSHALL");
    RandomQueues random(queues_, server_, seed, Now());
    for (const char* name : {"ocr", "library", "editor", "another"}) random.Fill(name);
    queues_.Make("another");
    EXPECT_EQ(CollectOnce(Options({"ocr", "library", "editor"})), PlainWay(server_, Now()).Collect({"ocr", "library", "editor"})) << seed;
  }
}

}  // namespace
}  // namespace logmill
