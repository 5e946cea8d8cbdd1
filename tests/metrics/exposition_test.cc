#include "metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/metrics/store_fixture.h"

namespace logmill {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Type = prometheus::MetricType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr ExpositionFormat kText = ExpositionFormat::kText;
constexpr ExpositionFormat kOpenMetrics = ExpositionFormat::kOpenMetrics;

MetricFamily Gauge(std::string name, std::string help, std::vector<std::pair<std::string, double>> series) {
  MetricFamily family{std::move(name), std::move(help), Type::Gauge, {}};
  for (auto& [x, value] : series) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"x", x}};
    metric.gauge.value = value;
  }
  return family;
}

Exposition RenderPage(const Store* store, const std::vector<PagePart>& parts, ExpositionFormat format) {
  return RenderExposition(store, std::nullopt, parts, format);
}

std::string Render(const Store* store, const std::vector<MetricFamily>& collected, ExpositionFormat format) {
  const Exposition page = RenderPage(store, {{collected}}, format);
  EXPECT_THAT(page.problems, IsEmpty());
  return page.text;
}

class ExpositionTest : public testing::Test {
 protected:
  TestClock clock_;
};

TEST_F(ExpositionTest, NothingIsAnEmptyPage) {
  EXPECT_EQ(Render(nullptr, {}, kText), "");
  EXPECT_EQ(Render(nullptr, {}, kOpenMetrics), "# EOF\n");
}

TEST_F(ExpositionTest, Counter) {
  Store store({CounterFamily("messages_total", {"level"}), CounterFamily("unused_total", {"x"})}, clock_);
  Shard& shard = store.AddShard();
  for (const char* level : {"log", "error", "log"}) shard.Increment(CellOf(shard, 0, {level}));
  EXPECT_EQ(Render(&store, {}, kText),
            "# HELP messages_total A counter.\n"
            "# TYPE messages_total counter\n"
            "messages_total{level=\"error\"} 1\n"
            "messages_total{level=\"log\"} 2\n");
  EXPECT_EQ(Render(&store, {}, kOpenMetrics),
            "# HELP messages A counter.\n"
            "# TYPE messages counter\n"
            "messages_total{level=\"error\"} 1\n"
            "messages_created{level=\"error\"} 1766533331.507\n"
            "messages_total{level=\"log\"} 2\n"
            "messages_created{level=\"log\"} 1766533331.507\n"
            "# EOF\n");
}

TEST_F(ExpositionTest, CounterThatLacksTotalGetsItInOpenMetrics) {
  Store store({CounterFamily("odd", {})}, clock_);
  EXPECT_THAT(Render(&store, {}, kText), HasSubstr("# TYPE odd counter\nodd 0\n"));
  EXPECT_THAT(Render(&store, {}, kOpenMetrics), HasSubstr("# TYPE odd counter\nodd_total 0\nodd_created 1766533331.507\n"));
}

TEST_F(ExpositionTest, GaugeKeepsItsNameWhateverItIs) {
  Store store({GaugeFamily("immich_users_total", {})}, clock_);
  EXPECT_EQ(Render(&store, {}, kOpenMetrics),
            "# HELP immich_users_total A counter.\n# TYPE immich_users_total gauge\nimmich_users_total 0\n# EOF\n");
}

TEST_F(ExpositionTest, Histogram) {
  Store store({HistogramFamily("took_ms", {"route"}, {0.5, 10})}, clock_);
  Shard& shard = store.AddShard();
  for (const double value : {0.25, 0.5, 7.0, 70.0}) shard.Observe(CellOf(shard, 0, {"/"}), value);
  EXPECT_EQ(Render(&store, {}, kText),
            "# HELP took_ms A counter.\n"
            "# TYPE took_ms histogram\n"
            "took_ms_bucket{route=\"/\",le=\"0.5\"} 2\n"
            "took_ms_bucket{route=\"/\",le=\"10\"} 3\n"
            "took_ms_bucket{route=\"/\",le=\"+Inf\"} 4\n"
            "took_ms_sum{route=\"/\"} 77.75\n"
            "took_ms_count{route=\"/\"} 4\n");
  const std::string openmetrics = Render(&store, {}, kOpenMetrics);
  EXPECT_THAT(openmetrics, HasSubstr("took_ms_bucket{route=\"/\",le=\"10.0\"} 3\n"));
  EXPECT_THAT(openmetrics, HasSubstr("took_ms_count{route=\"/\"} 4\ntook_ms_created{route=\"/\"} 1766533331.507\n# EOF\n"));
}

TEST_F(ExpositionTest, HistogramWithoutLabels) {
  Store store({HistogramFamily("took_ms", {}, {1})}, clock_);
  EXPECT_THAT(Render(&store, {}, kText),
              HasSubstr("took_ms_bucket{le=\"1\"} 0\ntook_ms_bucket{le=\"+Inf\"} 0\ntook_ms_sum 0\ntook_ms_count 0\n"));
}

TEST_F(ExpositionTest, OpenMetricsHasNoSumBesideNegativeBuckets) {
  Store store({HistogramFamily("delta", {}, {-1, 1})}, clock_);
  EXPECT_THAT(Render(&store, {}, kText), HasSubstr("delta_sum 0\n"));
  EXPECT_THAT(Render(&store, {}, kOpenMetrics), Not(AnyOf(HasSubstr("_sum"), HasSubstr("_count"))));
}

TEST_F(ExpositionTest, SpecialValues) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<MetricFamily> collected{
      Gauge("g", "Help.", {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", infinity}, {"c", -infinity}, {"d", 1e15}, {"e", 0.1}})};
  EXPECT_EQ(
      Render(nullptr, collected, kText),
      "# HELP g Help.\n# TYPE g gauge\ng{x=\"a\"} NaN\ng{x=\"b\"} +Inf\ng{x=\"c\"} -Inf\ng{x=\"d\"} 1000000000000000\ng{x=\"e\"} 0.1\n");
}

TEST_F(ExpositionTest, HelpIsEscaped) {
  const std::vector<MetricFamily> collected{Gauge("g", "a \"b\" \\ c\nd \xFF", {{"", 1}})};
  EXPECT_THAT(Render(nullptr, collected, kText), HasSubstr("# HELP g a \"b\" \\\\ c\\nd \xEF\xBF\xBD\n"));
  EXPECT_THAT(Render(nullptr, collected, kOpenMetrics), HasSubstr("# HELP g a \\\"b\\\" \\\\ c\\nd \xEF\xBF\xBD\n"));
  EXPECT_EQ(Render(nullptr, {Gauge("g", "", {{"", 1}})}, kText), "# TYPE g gauge\ng{x=\"\"} 1\n");
}

TEST_F(ExpositionTest, LabelValuesAreEscapedAndRepaired) {
  EXPECT_THAT(Render(nullptr, {Gauge("g", "", {{"a\"b\\c\nd\xFF", 1}})}, kText), HasSubstr("g{x=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\"} 1\n"));
}

TEST_F(ExpositionTest, FamiliesAndSeriesAreSorted) {
  Store store({GaugeFamily("m", {}), GaugeFamily("b", {})}, clock_);
  const std::vector<MetricFamily> collected{Gauge("z", "", {{"2", 2}, {"1", 1}}), Gauge("a", "", {{"1", 1}})};
  const std::string page = Render(&store, collected, kText);
  const auto at = [&page](std::string_view text) { return page.find(text); };
  EXPECT_LT(at("\na{"), at("\nb 0"));
  EXPECT_LT(at("\nb 0"), at("\nm 0"));
  EXPECT_LT(at("\nm 0"), at("\nz{x=\"1\"}"));
  EXPECT_LT(at("\nz{x=\"1\"}"), at("\nz{x=\"2\"}"));
}

TEST_F(ExpositionTest, EndpointsAreApart) {
  std::vector<FamilySpec> specs{GaugeFamily("one", {}), GaugeFamily("two", {})};
  specs[1].endpoint = Endpoint::kMicroservices;
  Store store(specs, clock_);
  EXPECT_THAT(RenderExposition(&store, Endpoint::kApi, {}, kText).text, AllOf(HasSubstr("one 0"), Not(HasSubstr("two"))));
  EXPECT_THAT(RenderExposition(&store, Endpoint::kMicroservices, {}, kText).text, AllOf(Not(HasSubstr("one")), HasSubstr("two 0")));
}

TEST_F(ExpositionTest, SameFamilyFromSeveralPlacesIsOne) {
  Store store({GaugeFamily("g", {"x"})}, clock_);
  Shard& shard = store.AddShard();
  shard.Set(CellOf(shard, 0, {"2"}), 2);
  EXPECT_EQ(Render(&store, {Gauge("g", "Other.", {{"3", 3}}), Gauge("g", "", {{"1", 1}})}, kText),
            "# HELP g A counter.\n# TYPE g gauge\ng{x=\"1\"} 1\ng{x=\"2\"} 2\ng{x=\"3\"} 3\n");
}

TEST_F(ExpositionTest, ContradictionsAreLeftOutAndReported) {
  Store store({CounterFamily("c_total", {}), HistogramFamily("h", {}, {1})}, clock_);
  const std::vector<MetricFamily> collected{Gauge("c_total", "", {{"type", 1}}), Gauge("h_count", "", {{"sample", 1}}),
                                            Gauge("no name", "", {{"", 1}}), Gauge("twice", "", {{"1", 1}, {"1", 2}}),
                                            Gauge("empty", "", {})};
  const Exposition page = RenderPage(&store, {{collected}}, kText);
  EXPECT_THAT(page.text, HasSubstr("\nc_total 0\n"));
  EXPECT_THAT(page.text,
              Not(AnyOf(HasSubstr("x=\"type\""), HasSubstr("x=\"sample\""), HasSubstr("no name"), HasSubstr("} 2\n"), HasSubstr("empty"))));
  EXPECT_THAT(page.problems, ElementsAre(HasSubstr("c_total"), HasSubstr("h_count"), HasSubstr("no name"), HasSubstr("twice{x=\"1\"}")));
}

TEST_F(ExpositionTest, PartsStandTogether) {
  const std::vector<MetricFamily> one{Gauge("a", "", {{"1", 1}}), Gauge("b", "", {{"1", 1}})};
  const std::vector<MetricFamily> two{Gauge("a", "", {{"2", 2}})};
  const Exposition page = RenderPage(nullptr, {{one}, {}, {two}}, kText);
  EXPECT_EQ(page.text, "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b gauge\nb{x=\"1\"} 1\n");
  EXPECT_THAT(page.shadowed, ElementsAre(0, 0, 0));
}

TEST_F(ExpositionTest, APartThatYieldsLosesWhatAnyOtherHas) {
  Store store({GaugeFamily("stored", {}), HistogramFamily("took_ms", {}, {1})}, clock_);
  const std::vector<MetricFamily> scraped{Gauge("stored", "", {{"lost", 1}}), Gauge("took_ms_count", "", {{"lost", 1}}),
                                          Gauge("collected", "", {{"lost", 1}}), Gauge("own", "", {{"kept", 1}}), Gauge("empty", "", {})};
  const std::vector<MetricFamily> collected{Gauge("collected", "", {{"1", 2}})};
  const Exposition page = RenderPage(&store, {{scraped, true}, {collected}}, kText);
  EXPECT_THAT(page.problems, IsEmpty());
  EXPECT_THAT(page.shadowed, ElementsAre(3, 0));
  EXPECT_THAT(page.text, AllOf(Not(HasSubstr("lost")), HasSubstr("\ncollected{x=\"1\"} 2\n"), HasSubstr("\nown{x=\"kept\"} 1\n")));
}

TEST_F(ExpositionTest, APartThatYieldsStandsBesideOneThatShares) {
  std::vector<MetricFamily> host{Gauge("a", "", {{"host", 1}}), Gauge("b", "", {{"host", 1}})};
  host[1].type = Type::Counter;
  const std::vector<MetricFamily> scraped{Gauge("a", "", {{"scraped", 2}}), Gauge("b", "", {{"lost", 2}})};
  const Exposition page = RenderPage(nullptr, {{scraped, true}, {.families = host, .shares = true}}, kText);
  EXPECT_THAT(page.text, AllOf(HasSubstr("a{x=\"host\"} 1\na{x=\"scraped\"} 2\n"), Not(HasSubstr("lost"))));
  EXPECT_THAT(page.shadowed, ElementsAre(1, 0)) << "b is of another type";
  EXPECT_THAT(page.problems, IsEmpty());
}

TEST_F(ExpositionTest, APartThatYieldsAlsoLosesWhatTheStoreWillHave) {
  Store store({GaugeFamily("stored", {"x"}), CounterFamily("calls_total", {"x"})}, clock_);
  const std::vector<MetricFamily> scraped{Gauge("stored", "", {{"1", 1}}), Gauge("calls", "", {{"1", 1}})};
  Exposition page = RenderPage(&store, {{scraped, true}}, kText);
  EXPECT_EQ(page.text, "# TYPE calls gauge\ncalls{x=\"1\"} 1\n");
  EXPECT_THAT(page.shadowed, ElementsAre(1));
  page = RenderPage(&store, {{scraped, true}}, kOpenMetrics);
  EXPECT_EQ(page.text, "# EOF\n") << "there `calls` is the name of calls_total, too";
  EXPECT_THAT(page.problems, IsEmpty());
}

TEST_F(ExpositionTest, TwoPartsThatYieldShareANameIfTheyAgreeOnItsType) {
  const std::vector<MetricFamily> one{Gauge("a", "", {{"1", 1}}), Gauge("b", "", {{"1", 1}})};
  std::vector<MetricFamily> two{Gauge("a", "", {{"2", 2}}), Gauge("b", "", {{"2", 2}})};
  two[1].type = Type::Counter;
  const Exposition page = RenderPage(nullptr, {{one, true}, {two, true}}, kText);
  EXPECT_EQ(page.text, "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b gauge\nb{x=\"1\"} 1\n");
  EXPECT_THAT(page.problems, ElementsAre("metric left out: b exists with another type"));
  EXPECT_THAT(page.shadowed, ElementsAre(0, 0));
}

TEST_F(ExpositionTest, SeriesWithAnImpossibleLabelNameIsLeftOut) {
  MetricFamily family = Gauge("g", "", {{"1", 1}});
  family.metric[0].label[0].name = "bad-name";
  const std::vector<MetricFamily> families{family};
  const Exposition page = RenderPage(nullptr, {{families}}, kText);
  EXPECT_EQ(page.text, "") << "no head without series";
  EXPECT_EQ(page.problems.size(), 1u);
}

TEST_F(ExpositionTest, CollectorsMayHaveEveryType) {
  ClientMetric metric;
  metric.untyped.value = 3;
  metric.counter.value = 4;
  metric.summary = {5, 6.5, {{0.5, 1.25}, {1, 2}}};
  metric.histogram = {7, 8.5, {{3, 10}, {7, std::numeric_limits<double>::infinity()}}};
  const std::vector<MetricFamily> collected{{"u", "", Type::Untyped, {metric}},
                                            {"c_total", "", Type::Counter, {metric}},
                                            {"s", "", Type::Summary, {metric}},
                                            {"h", "", Type::Histogram, {metric}}};
  EXPECT_EQ(Render(nullptr, collected, kText),
            "# TYPE c_total counter\nc_total 4\n"
            "# TYPE h histogram\nh_bucket{le=\"10\"} 3\nh_bucket{le=\"+Inf\"} 7\nh_sum 8.5\nh_count 7\n"
            "# TYPE s summary\ns{quantile=\"0.5\"} 1.25\ns{quantile=\"1\"} 2\ns_sum 6.5\ns_count 5\n"
            "# TYPE u untyped\nu 3\n");
  EXPECT_EQ(Render(nullptr, collected, kOpenMetrics),
            "# TYPE c counter\nc_total 4\n"
            "# TYPE h histogram\nh_bucket{le=\"10.0\"} 3\nh_bucket{le=\"+Inf\"} 7\nh_sum 8.5\nh_count 7\n"
            "# TYPE s summary\ns{quantile=\"0.5\"} 1.25\ns{quantile=\"1.0\"} 2\ns_sum 6.5\ns_count 5\n"
            "# TYPE u unknown\nu 3\n# EOF\n");
}

}  // namespace
}  // namespace logmill
