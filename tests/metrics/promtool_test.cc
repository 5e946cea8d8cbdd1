// Prometheus' own tool reads our page and has nothing to say.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "metrics/exposition.h"
#include "metrics/process_metrics.h"
#include "metrics/self_metrics.h"
#include "metrics/store_metrics.h"
#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

struct Verdict {
  int exit_code;
  std::string output;
};

Verdict CheckMetrics(const std::string& page) {
  const auto path = std::filesystem::temp_directory_path() / ("logmill_promtool_" + std::to_string(getpid()) + ".prom");
  std::ofstream(path, std::ios::binary) << page;
  std::FILE* pipe = popen(("promtool check metrics < " + path.string() + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, count);
  const int status = pclose(pipe);
  std::filesystem::remove(path);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

std::vector<prometheus::MetricFamily> AllSelfMetrics(const Store& store) {
  std::vector<prometheus::MetricFamily> families = CollectStoreMetrics(store);
  for (const SelfMetricInfo& info : SelfMetrics()) {
    if (info.name.starts_with("logmill_series")) continue;  // those of the store
    families.push_back(info.labels().empty()       ? MakeFamily(info.id, {}, 1)
                       : info.labels().size() == 1 ? MakeFamily(info.id, {"a"}, 1)
                                                   : MakeFamily(info.id, {"a", "b"}, 1));
  }
  for (prometheus::MetricFamily& family : ProcessMetrics().Collect()) families.push_back(std::move(family));
  return families;
}

TEST(Promtool, HasNothingToSayAboutOurPage) {
  TestClock clock;
  std::vector<FamilySpec> specs{CounterFamily("immich_log_messages_total", {"level", "context"}, 10),
                                HistogramFamily("immich_http_request_duration_seconds", {"route"}, {0.005, 0.5, 10, 1048576}),
                                GaugeFamily("immich_queue_depth", {"queue"})};
  specs[0].help = "Quotes \" and \\ and\nnew lines.";
  Store store(specs, clock);
  Shard& shard = store.AddShard();
  for (const char* context :
       {"a\"b", "a\\", "\\\"", "new\nline", "half \xE6\x97", "\xFF\xFE", "{}=,", " ", "日本語", "\r\t\x01\x7F", "more", "more still"}) {
    shard.Increment(CellOf(shard, 0, {"log", context}));
  }
  shard.Increment(CellOf(shard, 0, {std::string_view("\0\0", 2), std::string(1'000'000, 'x')}));
  shard.Observe(CellOf(shard, 1, {"/api/assets/:id"}), 0.1);
  shard.Set(CellOf(shard, 2, {"a"}), std::nan(""));
  const std::vector<prometheus::MetricFamily> own = AllSelfMetrics(store);
  const Exposition page = RenderExposition(&store, std::nullopt, std::vector<PagePart>{{own}}, ExpositionFormat::kText);
  EXPECT_TRUE(page.problems.empty());
  const Verdict verdict = CheckMetrics(page.text);
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output << "\n(is promtool installed?)";
  EXPECT_EQ(verdict.output, "");
}

TEST(Promtool, WouldSayIt) {
  EXPECT_NE(CheckMetrics("a{x=\"unclosed} 1\n").exit_code, 0);
  EXPECT_NE(CheckMetrics("# HELP jobs_total Jobs.\n# TYPE jobs_total gauge\njobs_total 1\n").exit_code, 0);
}

}  // namespace
}  // namespace logmill
