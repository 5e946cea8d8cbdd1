// What one snapshot of the database's metrics costs, compared with the six obvious queries: on a real PostgreSQL with a generated library.
//
//   database_bench [ASSETS [RUNS]]     (20000 assets, 5 runs)
//
// Each run is a connection of its own. Shown are medians of: the time until the answer is there; CPU time of the server, its parallel
// workers included; pages of 8 KiB that it looked at; bytes of temporary files. Ends with status 1 when the two do not agree.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <pqxx/result>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "collectors/database_collector.h"
#include "tests/support/postgres_server.h"

namespace logmill {
namespace {

using testing::PostgresServer;

struct Cost {
  double milliseconds = 0;
  double cpu_seconds = 0;
  double pages = 0;
  double temporary_bytes = 0;
};

// Numbers that both ways have to agree on.
using Answer = std::vector<double>;

constexpr const char* kObvious[] = {
    R"(select count(*) from "user" where "deletedAt" is null)",
    R"(select type, count(*), coalesce(sum(e."fileSizeInByte"), 0) from asset a left join asset_exif e on e."assetId" = a.id
       where a."deletedAt" is null and visibility = 'timeline' group by type)",
    R"(select "ownerId", type, count(*), coalesce(sum(e."fileSizeInByte"), 0) from asset a left join asset_exif e on e."assetId" = a.id
       where a."deletedAt" is null and visibility = 'timeline' group by "ownerId", type)",
    R"(select count(s."assetId")::double precision / count(*) from asset a left join smart_search s on s."assetId" = a.id
       where a."deletedAt" is null and visibility = 'timeline' and type in ('IMAGE', 'VIDEO'))",
    R"(select count(*), count(distinct f."personId") from asset_face f join asset a on a.id = f."assetId"
       where f."deletedAt" is null and f."isVisible" and a."deletedAt" is null and visibility = 'timeline')",
    R"(select count(*) filter (where "deletedAt" is not null), count(*) filter (where "deletedAt" is null and "isExternal") from asset)",
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Bench {
 public:
  explicit Bench(int assets)
      : server_({.host_auth = "trust", .tls = false, .configuration = {"shared_buffers = 128MB", "autovacuum = off"}}) {
    server_.Execute(ReadFile(LOGMILL_SOURCE_DIR "/tests/data/gallery_schema.sql"));
    std::string fill = ReadFile(LOGMILL_SOURCE_DIR "/bench/database.sql");
    for (size_t at; (at = fill.find(":assets")) != std::string::npos;) fill.replace(at, 7, std::to_string(assets));
    server_.Execute(fill);
    server_.Execute("vacuum analyze");
    server_.Execute("checkpoint");
    postmaster_ = std::atoi(ReadFile(server_.folder() + "/data/postmaster.pid").c_str());
  }

  Answer AskObvious() {
    Answer answer;
    PostgresOptions options = server_.Options();
    options.statement_timeout = std::chrono::minutes(10);
    Postgres postgres(options);
    const auto read = postgres.Read([&](pqxx::transaction_base& transaction) {
      for (const char* const query : kObvious) {
        const pqxx::result rows = transaction.exec(query);
        if (query == kObvious[2]) continue;  // by user: as many numbers as there are users
        if (query == kObvious[1]) {
          AddTypes(rows, answer);
          continue;
        }
        for (const pqxx::row& row : rows) {
          for (const pqxx::field& field : row) answer.push_back(std::stod(field.c_str()));
        }
      }
    });
    if (!read) throw std::runtime_error(read.error());
    return answer;
  }

  Answer AskCollector() {
    DatabaseCollector collector = MakeCollector();
    const auto collected = collector.Collect();
    if (!collected) throw std::runtime_error(collected.error());
    return NumbersOf(*collected);
  }

  // A refresh of a collector that has asked before, when nothing was written in between.
  double MillisecondsOfUnchanged() {
    DatabaseCollector collector = MakeCollector();
    if (!collector.Collect()) throw std::runtime_error("the collector failed");
    const auto start = std::chrono::steady_clock::now();
    if (!collector.Collect()) throw std::runtime_error("the collector failed");
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }

  Cost Measure(const std::function<void()>& ask) {
    const Cost before = Totals();
    const auto start = std::chrono::steady_clock::now();
    ask();
    const double milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    AwaitNoSessions();
    const Cost after = Totals();
    return {milliseconds, after.cpu_seconds - before.cpu_seconds, after.pages - before.pages,
            after.temporary_bytes - before.temporary_bytes};
  }

 private:
  DatabaseCollector MakeCollector() {
    PostgresOptions options = server_.Options();
    options.statement_timeout = std::chrono::minutes(10);
    GroupSet groups;
    groups.set(IndexOf(Group::kApi)).set(IndexOf(Group::kApp));
    return {options, groups};
  }

  // Types without assets have no row.
  static void AddTypes(const pqxx::result& rows, Answer& answer) {
    for (const std::string_view type : {"IMAGE", "VIDEO", "AUDIO", "OTHER"}) {
      double assets = 0;
      double bytes = 0;
      for (const pqxx::row& row : rows) {
        if (type != row[0].c_str()) continue;
        assets = std::stod(row[1].c_str());
        bytes = std::stod(row[2].c_str());
      }
      answer.push_back(assets);
      answer.push_back(bytes);
    }
  }

  // In the order of the obvious queries.
  static Answer NumbersOf(const Collected& collected) {
    auto family = [&](const std::string& name) -> const prometheus::MetricFamily& {
      for (const auto& one : collected.families[IndexOf(Endpoint::kApi)]) {
        if (one.name == name) return one;
      }
      throw std::runtime_error("there is no " + name);
    };
    Answer answer{family("immich_users_total").metric.at(0).gauge.value};
    for (size_t type = 0; type < 4; ++type) {
      answer.push_back(family("immich_assets_total").metric.at(type).gauge.value);
      answer.push_back(family("immich_assets_storage_bytes").metric.at(type).gauge.value);
    }
    for (const char* const name : {"immich_search_embedding_coverage_ratio", "immich_faces_total", "immich_people_total",
                                   "immich_assets_trash_total", "immich_assets_external_total"}) {
      answer.push_back(family(name).metric.at(0).gauge.value);
    }
    return answer;
  }

  // A process's numbers are complete when it has ended. Asking costs, too, so it is done seldom.
  void AwaitNoSessions() {
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } while (server_.Value("select count(*) from pg_stat_activity where datname = 'immich'", "postgres") != "0");
  }

  Cost Totals() {
    const std::string stat = ReadFile("/proc/" + std::to_string(postmaster_) + "/stat");
    // utime, stime, and those of children that have ended: fields 14 to 17 of proc(5).
    double ticks[4] = {};
    std::sscanf(stat.c_str() + stat.rfind(')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf %lf %lf", ticks, ticks + 1,
                ticks + 2, ticks + 3);
    auto number = [this](const std::string& column) {
      return std::stod(server_.Value("select " + column + " from pg_stat_database where datname = 'immich'", "postgres"));
    };
    return {0, (ticks[0] + ticks[1] + ticks[2] + ticks[3]) / static_cast<double>(::sysconf(_SC_CLK_TCK)), number("blks_hit + blks_read"),
            number("temp_bytes")};
  }

  PostgresServer server_;
  pid_t postmaster_ = 0;
};

double Median(const std::vector<Cost>& costs, double Cost::* part) {
  std::vector<double> values;
  for (const Cost& cost : costs) values.push_back(cost.*part);
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void Print(const char* name, double obvious, double ours, double unit) {
  std::printf("%-28s %12.2f %12.2f %8.2f\n", name, obvious / unit, ours / unit, obvious > 0 ? ours / obvious : 0);
}

int Run(int assets, int runs) {
  Bench bench(assets);
  if (bench.AskObvious() != bench.AskCollector()) {
    std::fprintf(stderr, "the snapshot and the obvious queries do not agree\n");
    return 1;
  }
  std::vector<Cost> obvious;
  std::vector<Cost> ours;
  for (int run = 0; run < runs; ++run) {
    obvious.push_back(bench.Measure([&] { bench.AskObvious(); }));
    ours.push_back(bench.Measure([&] { bench.AskCollector(); }));
  }
  std::printf("%d assets, medians of %d runs\n%-28s %12s %12s %8s\n", assets, runs, "", "obvious", "snapshot", "ratio");
  Print("time, ms", Median(obvious, &Cost::milliseconds), Median(ours, &Cost::milliseconds), 1);
  Print("CPU time of the server, s", Median(obvious, &Cost::cpu_seconds), Median(ours, &Cost::cpu_seconds), 1);
  Print("pages, thousands", Median(obvious, &Cost::pages), Median(ours, &Cost::pages), 1e3);
  Print("temporary files, MB", Median(obvious, &Cost::temporary_bytes), Median(ours, &Cost::temporary_bytes), 1e6);
  std::printf("again, when nothing was written: %.2f ms\n", bench.MillisecondsOfUnchanged());
  return 0;
}

}  // namespace
}  // namespace logmill

int main(int argc, char** argv) {
  // `./dev bench` gives all programs the flags of google-benchmark.
  argc = static_cast<int>(std::remove_if(argv + 1, argv + argc, [](std::string_view word) { return word.starts_with("--benchmark_"); }) -
                          argv);
  const int assets = argc > 1 ? std::atoi(argv[1]) : 20'000;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
  if (assets < 1 || runs < 1) {
    std::fprintf(stderr, "usage: database_bench [ASSETS [RUNS]]\n");
    return 2;
  }
  try {
    return logmill::Run(assets, runs);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
