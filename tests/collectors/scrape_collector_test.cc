#include "collectors/scrape_collector.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "collectors/runner.h"
#include "gmock/gmock.h"
#include "net/http_server.h"
#include "tests/collectors/interrupted_collect.h"
#include "tests/collectors/shown_page.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scripted_server.h"

namespace logmill {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::chrono::minutes kForever{10};

std::string ReadPage(const std::string& name) {
  std::ifstream file(LOGMILL_SOURCE_DIR "/tests/data/page/" + name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text, "");
  return text;
}

// What `name` shows: lines that begin like it, in the order of the text.
std::string LinesOf(const std::string& text, const std::string& name) {
  std::string lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at) + 1;
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(name)) lines += line;
    at = end;
  }
  return lines;
}

// A target of ours: one page after the other, then the last one again and again.
class Target {
 public:
  explicit Target(std::vector<HttpResponse> pages) : pages_(std::move(pages)) {
    auto started = HttpServer::Start({{.address = "127.0.0.1:0", .handler = [this](const HttpRequest&) { return Next(); }}}, {});
    EXPECT_TRUE(started.has_value()) << started.error();
    server_ = std::move(*started);
  }
  explicit Target(std::string text) : Target({Page(std::move(text))}) {}

  static HttpResponse Page(std::string text, std::string content_type = "text/plain; version=0.0.4", unsigned status = 200) {
    return {.status = status, .content_type = std::move(content_type), .body = std::make_shared<const std::string>(std::move(text))};
  }
  [[nodiscard]] std::string Url() const { return "http://127.0.0.1:" + std::to_string(server_->port(0)) + "/metrics"; }

 private:
  HttpResponse Next() { return pages_[std::min(asked_++, pages_.size() - 1)]; }

  std::vector<HttpResponse> pages_;
  size_t asked_ = 0;
  std::unique_ptr<HttpServer> server_;
};

ScrapeOptions Of(std::string url) { return {.url = std::move(url), .timeout = kForever}; }

// The page of the endpoint, which has to come.
std::string ShownOf(ScrapeCollector& collector, Endpoint endpoint = Endpoint::kApi) {
  const auto collected = collector.Collect();
  EXPECT_TRUE(collected.has_value()) << collected.error();
  return collected ? testing::Shown(collected->families[IndexOf(endpoint)]) : "";
}

std::string ErrorOf(ScrapeOptions options) {
  ScrapeCollector collector(std::move(options));
  const auto collected = collector.Collect();
  EXPECT_FALSE(collected.has_value());
  return collected ? "" : collected.error();
}

std::string ErrorOf(HttpResponse page) {
  const Target target(std::vector<HttpResponse>{std::move(page)});
  const std::string error = ErrorOf(Of(target.Url()));
  EXPECT_TRUE(error.starts_with(target.Url() + ": ")) << error;
  return error.substr(std::min(error.size(), target.Url().size() + 2));
}

uint64_t LeftOut(const ScrapeNumbers& numbers, std::string_view reason) {
  for (const auto& [name, count] : numbers.left_out) {
    if (name == reason) return count;
  }
  ADD_FAILURE() << "no reason " << reason;
  return 0;
}

TEST(ScrapeCollectorTest, AsksAsPrometheusDoes) {
  std::string request;
  auto server = std::make_unique<ScriptedServer>([&](ScriptedConnection& client) {
    request = client.Request();
    client.Write(ScriptedServer::Ok("x 1\n", "Content-Type: text/plain\r\n"));
  });
  ScrapeCollector collector(
      {.url = server->Url("/metrics"), .client = {.credentials = {.bearer_token = "t"}}, .timeout = std::chrono::milliseconds(60'250)});
  EXPECT_THAT(ShownOf(collector), HasSubstr("\nx 1\n"));
  server.reset();  // its thread has ended
  EXPECT_THAT(request,
              AllOf(::testing::StartsWith("GET /metrics HTTP/1.1\r\n"), HasSubstr("\r\nX-Prometheus-Scrape-Timeout-Seconds: 60.25\r\n"),
                    HasSubstr("\r\nAccept: application/openmetrics-text;version=1.0.0,"), HasSubstr("text/plain;version=0.0.4"),
                    HasSubstr("\r\nAccept-Encoding: gzip\r\n"), HasSubstr("\r\nAuthorization: Bearer t\r\n")));
}

TEST(ScrapeCollectorTest, MachineLearningComesThroughUnchanged) {
  const std::string page = ReadPage("machine_learning.prom");
  const Target target(page);
  ScrapeOptions options = Of(target.Url());
  options.endpoint = Endpoint::kMachineLearning;
  options.filter.groups.reset();  // its families are in no group
  ScrapeCollector collector(std::move(options));
  const auto collected = collector.Collect();
  ASSERT_TRUE(collected.has_value()) << collected.error();
  EXPECT_THAT(collected->families[IndexOf(Endpoint::kApi)], IsEmpty());
  EXPECT_THAT(collected->notices, IsEmpty());
  EXPECT_EQ(collected->rows, 39U);
  const std::string shown = testing::Shown(collected->families[IndexOf(Endpoint::kMachineLearning)]);
  ParsedPage whole = testing::Read(page);
  std::erase_if(whole.families, [](const auto& family) { return !family.name.starts_with("immich_ml_"); });
  EXPECT_EQ(whole.families.size(), 5U);
  EXPECT_EQ(shown, testing::Shown(whole.families));
  EXPECT_THAT(shown, HasSubstr("# HELP immich_ml_requests_total Requested (task, type) entries of /predict.\n"
                               "# TYPE immich_ml_requests_total counter\n"));
  EXPECT_THAT(shown, HasSubstr("immich_ml_requests_total{status=\"validation_error\",task=\"unknown\",type=\"unknown\"} 1\n"));
  EXPECT_THAT(shown, HasSubstr("immich_ml_request_duration_ms_bucket{status=\"success\",task=\"clip\",type=\"visual\",le=\"50\"} 1988\n"));
  EXPECT_THAT(shown, HasSubstr("immich_ml_model_load_duration_ms_sum{status=\"success\",task=\"clip\",type=\"visual\"} 1873.5\n"));
}

TEST(ScrapeCollectorTest, GallerysPagesAreSortedIntoGroups) {
  const Target target(ReadPage("gallery_microservices.prom"));
  const auto with = [&](GroupSet groups) {
    ScrapeOptions options = Of(target.Url());
    options.endpoint = Endpoint::kMicroservices;
    options.filter.groups = groups;
    ScrapeCollector collector(std::move(options));
    return ShownOf(collector, Endpoint::kMicroservices);
  };
  const std::string all = with(kAllGroups);
  const std::string job = with(GroupSet().set(IndexOf(Group::kJob)));
  const std::string repo = with(GroupSet().set(IndexOf(Group::kRepo)));
  const std::string jobs = LinesOf(all, "immich_jobs_");
  EXPECT_THAT(jobs, HasSubstr("immich_jobs_smart_search_failed_total{otel_scope_name="));
  EXPECT_EQ(LinesOf(job, "immich_jobs_"), jobs);
  EXPECT_EQ(LinesOf(job, "system_") + LinesOf(job, "immich_websocket_repository"), "");
  EXPECT_EQ(LinesOf(repo, "immich_websocket_repository"), LinesOf(all, "immich_websocket_repository"));
  EXPECT_NE(LinesOf(repo, "immich_websocket_repository"), "");
  EXPECT_EQ(LinesOf(repo, "immich_jobs_"), "");
  EXPECT_EQ(LinesOf(all, "target_info"), "") << "holds the command line";
}

TEST(ScrapeCollectorTest, RawPathsBecomeRoutesAndTotalsStay) {
  const std::string page =
      "# TYPE hits_total counter\nhits_total{path=\"/a/1\"} 3\nhits_total{path=\"/a/2\"} 4\nhits_total{path=\"/b\"} 1\n";
  const Target target(page);
  ScrapeOptions options = Of(target.Url());
  options.filter.normalisers["path"] = [](std::string_view path) { return std::string(path.starts_with("/a/") ? "/a/:id" : path); };
  options.filter.guard = [](std::string_view, std::string_view value) { return value.find('@') == value.npos ? "" : "email"; };
  ScrapeCollector collector(std::move(options));
  EXPECT_EQ(LinesOf(ShownOf(collector), "hits_total"), "hits_total{path=\"/a/:id\"} 7\nhits_total{path=\"/b\"} 1\n");
  EXPECT_EQ(LeftOut(collector.numbers(), "merged"), 1U);
}

TEST(ScrapeCollectorTest, AddedLabelsGoBeforeThoseOfThePage) {
  const Target target("x{job=\"a\",exported_job=\"b\"} 1\nx 2\n");
  ScrapeOptions options = Of(target.Url());
  options.add_labels = {{"job", "mine"}, {"site", "home"}};
  ScrapeCollector collector(std::move(options));
  const auto collected = collector.Collect();
  ASSERT_TRUE(collected.has_value()) << collected.error();
  const auto& series = collected->families[IndexOf(Endpoint::kApi)].at(0).metric;
  using Label = prometheus::ClientMetric::Label;
  EXPECT_THAT(series.at(0).label,
              ElementsAre(Label{"exported_exported_job", "a"}, Label{"exported_job", "b"}, Label{"job", "mine"}, Label{"site", "home"}));
  EXPECT_THAT(series.at(1).label, ElementsAre(Label{"job", "mine"}, Label{"site", "home"}));
}

TEST(ScrapeCollectorTest, OneBadLineCostsOnlyItself) {
  const Target target("good 1\nbad{ 2\ngood 3\nuser{user_id=\"al@example.com\"} 1\n");
  ScrapeCollector collector(Of(target.Url()));
  const auto collected = collector.Collect();
  ASSERT_TRUE(collected.has_value()) << collected.error();
  const std::string shown = testing::Shown(collected->families[IndexOf(Endpoint::kApi)]);
  EXPECT_EQ(LinesOf(shown, "good"), "good 1\n");
  EXPECT_THAT(shown, Not(HasSubstr("example.com")));
  EXPECT_EQ(collected->notices.size(), 3U);
  for (const std::string& notice : collected->notices) EXPECT_THAT(notice, Not(HasSubstr("example.com")));
  const ScrapeNumbers numbers = collector.numbers();
  EXPECT_EQ(LeftOut(numbers, "line"), 1U);
  EXPECT_EQ(LeftOut(numbers, "duplicate"), 1U);
  EXPECT_EQ(LeftOut(numbers, "private"), 1U);
  EXPECT_EQ(LeftOut(numbers, "over_limit"), 0U);
  EXPECT_EQ(numbers.series, 2U);
  EXPECT_GT(numbers.bytes, 0U);
}

TEST(ScrapeCollectorTest, WhatIsNoMetricsPageIsAnError) {
  EXPECT_THAT(ErrorOf(Target::Page("<html></html>", "text/html; charset=utf-8")), "answers with text/html, which is no metrics page");
  EXPECT_THAT(ErrorOf(Target::Page("{}", "application/json")), "answers with application/json, which is no metrics page");
  EXPECT_THAT(ErrorOf(Target::Page("<html></html>")), Not(""));
  EXPECT_THAT(ErrorOf(Target::Page("x 1")), Not("")) << "the last line has no end";
  EXPECT_THAT(ErrorOf(Target::Page("x 1\n", "application/openmetrics-text; version=1.0.0")), HasSubstr("# EOF"));
  EXPECT_THAT(ErrorOf(Target::Page("x 1\n", std::string("te\x01xt/") + std::string(5000, 'x'))),
              "answers with a content type, which is no metrics page");
}

TEST(ScrapeCollectorTest, OtherStatusesAreErrors) {
  EXPECT_EQ(ErrorOf(Target::Page("x 1\n", "text/plain", 500)), "answers with status 500");
  EXPECT_EQ(ErrorOf(Target::Page("x 1\n", "text/plain", 204)), "answers with status 204");
  EXPECT_EQ(ErrorOf(Target::Page("", "text/plain", 401)), "answers with status 401: check its credentials");
  EXPECT_EQ(ErrorOf(Target::Page("", "text/plain", 404)), "answers with status 404: check the path of the URL");
  EXPECT_EQ(ErrorOf(Target::Page("", "text/plain", 302)), "answers with status 302: use the URL that it redirects to");
}

TEST(ScrapeCollectorTest, APageBeyondTheLimitIsAnError) {
  std::string page;
  while (page.size() < 50'000'000) page += "a_metric_with_a_long_name{label=\"" + std::to_string(page.size()) + "\"} 1\n";
  const Target target(std::move(page));
  EXPECT_THAT(ErrorOf(Of(target.Url())), EndsWith("the answer is longer than the limit of 16777216 bytes"));
}

TEST(ScrapeCollectorTest, SeriesBeyondTheLimitsAreLeftOut) {
  std::string page = "calm 1\n";
  for (int i = 0; i < 5000; ++i) page += "wild{id=\"" + std::to_string(i) + "\"} 1\n";
  const Target target(page);
  ScrapeOptions options = Of(target.Url());
  options.limits.max_series = 4001;
  options.filter.max_series = 1001;
  ScrapeCollector collector(std::move(options));
  EXPECT_THAT(LinesOf(ShownOf(collector), "calm"), "calm 1\n");
  const ScrapeNumbers numbers = collector.numbers();
  EXPECT_EQ(numbers.samples, 5001U);
  EXPECT_EQ(numbers.series, 1001U);
  EXPECT_EQ(LeftOut(numbers, "too_many"), 1000U);
  EXPECT_EQ(LeftOut(numbers, "over_limit"), 3000U);
}

TEST(ScrapeCollectorTest, APageThatTricklesEndsInTime) {
  const ScriptedServer server([](ScriptedConnection& client) {
    client.Request();
    client.Write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
    while (!client.AwaitClose(5)) client.Write("x 1\n");
  });
  ScrapeOptions options = Of(server.Url());
  options.timeout = std::chrono::milliseconds(100);
  EXPECT_THAT(ErrorOf(options), EndsWith(": no complete answer in time"));
  ScrapeCollector patient(Of(server.Url()));
  EXPECT_THAT(testing::InterruptedCollect(patient), EndsWith(": interrupted"));
}

TEST(ScrapeCollectorTest, CountersOfATargetThatStartsAgainFallAsTheyDo) {
  const Target target({Target::Page("# TYPE a_total counter\na_total 100\n"), Target::Page("# TYPE a_total counter\na_total 1\n")});
  ScrapeCollector collector(Of(target.Url()));
  EXPECT_EQ(LinesOf(ShownOf(collector), "a_total"), "a_total 100\n");
  EXPECT_EQ(LinesOf(ShownOf(collector), "a_total"), "a_total 1\n");
}

TEST(ScrapeCollectorTest, ASeriesThatThePageHasNoLongerIsGone) {
  const Target target({Target::Page("a 1\nb 2\n"), Target::Page("b 2\n")});
  ScrapeCollector collector(Of(target.Url()));
  EXPECT_EQ(LinesOf(ShownOf(collector), "a"), "a 1\n");
  EXPECT_EQ(LinesOf(ShownOf(collector), "a"), "");
}

TEST(ScrapeCollectorTest, ABrokenPageKeepsTheLastGoodOneUntilItIsStale) {
  const Target target(
      {Target::Page("a 1\n"), Target::Page("a 2", "text/html"), Target::Page("a 3\n", "text/plain", 500), Target::Page("a 4\n")});
  FakeClock clock;
  std::vector<std::string> errors;
  CollectorOptions options{.name = "scrape/app", .max_stale = std::chrono::seconds(60)};
  options.on_error = [&](const std::string& sentence) { errors.push_back(sentence); };
  CollectorRunner runner(options, std::make_unique<ScrapeCollector>(Of(target.Url())), clock);
  const auto shown = [&] {
    const auto current = runner.Current();
    return current ? LinesOf(testing::Shown(current->families[IndexOf(Endpoint::kApi)]), "a") : "nothing";
  };
  runner.Refresh();
  EXPECT_EQ(shown(), "a 1\n");
  runner.Refresh();
  EXPECT_EQ(shown(), "a 1\n");
  clock.Advance(std::chrono::seconds(61));
  runner.Refresh();
  EXPECT_EQ(shown(), "nothing");
  runner.Refresh();
  EXPECT_EQ(shown(), "a 4\n");
  EXPECT_THAT(errors, ElementsAre(HasSubstr("answers with text/html"), HasSubstr("answers with status 500")));
}

TEST(ScrapeCollectorTest, ATargetThatIsGoneIsAnErrorWithoutSecrets) {
  EXPECT_EQ(ErrorOf(Of("http://al:geheim@127.0.0.1:1/metrics?key=geheim")),
            "http://127.0.0.1:1/metrics?...: cannot connect: connection refused");
}

}  // namespace
}  // namespace logmill
