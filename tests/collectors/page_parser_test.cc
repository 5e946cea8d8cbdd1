#include "collectors/page_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "collectors/name_pattern.h"
#include "collectors/page_lexer.h"
#include "tests/collectors/shown_page.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Read;
using testing::ReadOpenMetrics;
using testing::Shown;
using ::testing::SizeIs;

std::string ErrorOf(std::string_view page, PageFormat format = PageFormat::kText) {
  const auto parsed = ParsePage(page, format);
  return parsed.has_value() ? "not refused" : parsed.error();
}

uint64_t CountOf(const ParsedPage& page, PageFault fault) { return page.faults.of(fault).count; }

// The only thing wrong with a page is this, once.
void ExpectOnly(const ParsedPage& page, PageFault fault, size_t line, const std::string& reason) {
  EXPECT_EQ(page.faults.total(), 1u);
  EXPECT_EQ(CountOf(page, fault), 1u) << PageFaultName(fault);
  EXPECT_EQ(page.faults.of(fault).first_line, line);
  EXPECT_THAT(page.faults.of(fault).reason, HasSubstr(reason));
}

std::string Sample(const std::string& name) {
  std::ifstream file(LOGMILL_SOURCE_DIR "/tests/data/page/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Prometheus' own parser reads it; what it thinks of the names is Gallery's business.
bool PrometheusReads(const std::string& page) {
  std::FILE* tool = popen("promtool check metrics > /dev/null 2>&1", "w");
  fwrite(page.data(), 1, page.size(), tool);
  const int status = pclose(tool);
  constexpr int kStyleOnly = 3;
  return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kStyleOnly);
}

TEST(PageFormatOf, TakesTheTwoTextFormats) {
  EXPECT_EQ(PageFormatOf("text/plain"), PageFormat::kText);
  EXPECT_EQ(PageFormatOf("text/plain; version=0.0.4; charset=utf-8"), PageFormat::kText);
  EXPECT_EQ(PageFormatOf(""), PageFormat::kText);
  EXPECT_EQ(PageFormatOf("Application/OpenMetrics-Text; version=1.0.0"), PageFormat::kOpenMetrics);
  EXPECT_EQ(PageFormatOf("text/html"), std::nullopt);
  EXPECT_EQ(PageFormatOf("application/json"), std::nullopt);
  EXPECT_EQ(PageFormatOf("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily"), std::nullopt);
}

TEST(PageParser, ReadsTheFormatsOwnExample) {
  const std::string page =
      "# HELP http_requests_total The total number of HTTP requests.\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "http_requests_total{method=\"post\",code=\"400\"}    3 1395066363000\n"
      "\n"
      "# Escaping in label values:\n"
      "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find file:\\n\\\"FILE.TXT\\\"\"} 1.458255915e9\n"
      "metric_without_timestamp_and_labels 12.47\n"
      "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
      "# HELP http_request_duration_seconds A histogram of the request duration.\n"
      "# TYPE http_request_duration_seconds histogram\n"
      "http_request_duration_seconds_bucket{le=\"0.05\"} 24054\n"
      "http_request_duration_seconds_bucket{le=\"0.1\"} 33444\n"
      "http_request_duration_seconds_bucket{le=\"+Inf\"} 144320\n"
      "http_request_duration_seconds_sum 53423\n"
      "http_request_duration_seconds_count 144320\n"
      "# TYPE rpc_duration_seconds summary\n"
      "rpc_duration_seconds{quantile=\"0.01\"} 3102\n"
      "rpc_duration_seconds{quantile=\"0.99\"} 76656\n"
      "rpc_duration_seconds_sum 1.7560473e+07\n"
      "rpc_duration_seconds_count 2693\n";
  const ParsedPage parsed = Read(page);
  EXPECT_EQ(parsed.faults.total(), 0u);
  EXPECT_EQ(parsed.samples, 14u);
  EXPECT_EQ(Shown(parsed.families),
            "# HELP http_request_duration_seconds A histogram of the request duration.\n"
            "# TYPE http_request_duration_seconds histogram\n"
            "http_request_duration_seconds_bucket{le=\"0.05\"} 24054\n"
            "http_request_duration_seconds_bucket{le=\"0.1\"} 33444\n"
            "http_request_duration_seconds_bucket{le=\"+Inf\"} 144320\n"
            "http_request_duration_seconds_sum 53423\n"
            "http_request_duration_seconds_count 144320\n"
            "# HELP http_requests_total The total number of HTTP requests.\n"
            "# TYPE http_requests_total counter\n"
            "http_requests_total{method=\"post\",code=\"200\"} 1027\n"
            "http_requests_total{method=\"post\",code=\"400\"} 3\n"
            "# TYPE metric_without_timestamp_and_labels untyped\n"
            "metric_without_timestamp_and_labels 12.47\n"
            "# TYPE msdos_file_access_time_seconds untyped\n"
            "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find file:\\n\\\"FILE.TXT\\\"\"} 1458255915\n"
            "# TYPE rpc_duration_seconds summary\n"
            "rpc_duration_seconds{quantile=\"0.01\"} 3102\n"
            "rpc_duration_seconds{quantile=\"0.99\"} 76656\n"
            "rpc_duration_seconds_sum 17560473\n"
            "rpc_duration_seconds_count 2693\n"
            "# TYPE something_weird untyped\n"
            "something_weird{problem=\"division by zero\"} +Inf\n");
}

TEST(PageParser, ReadsGalleryAndPrometheusReadsWhatComesOut) {
  for (const char* name : {"gallery_api.prom", "gallery_microservices.prom"}) {
    const ParsedPage parsed = Read(Sample(name));
    EXPECT_THAT(parsed.faults.Notices(), IsEmpty());
    EXPECT_GE(parsed.samples, 100u);
    EXPECT_TRUE(PrometheusReads(Shown(parsed.families)));
    EXPECT_THAT(Shown(parsed.families, ExpositionFormat::kOpenMetrics), HasSubstr("# EOF\n"));
  }
  EXPECT_FALSE(PrometheusReads("a{x=\"unclosed} 1\n"));
}

TEST(PageParser, KeepsGallerysNamesTypesAndLabels) {
  const std::string shown = Shown(Read(Sample("gallery_api.prom")).families);
  EXPECT_THAT(shown, HasSubstr("# HELP immich_users_total description missing\n# TYPE immich_users_total gauge\n"
                               "immich_users_total{otel_scope_name=\"nestjs-otel\"} "));
  EXPECT_THAT(shown, HasSubstr("# TYPE http_server_response_count_total counter\n"));
  EXPECT_THAT(shown, HasSubstr("http_server_duration_bucket{method=\"GET\",status=\"200\",path=\"/api/server/ping\","
                               "otel_scope_name=\"nestjs-otel\",le=\"0.75\"} 0\n"));
  EXPECT_THAT(shown, HasSubstr("process_command_args=\"[\\\"/usr/local/bin/node\\\","));
}

TEST(PageParser, ReadsTheTypesOfOpenMetricsAsThoseOfTheTextFormat) {
  const ParsedPage parsed = ReadOpenMetrics(
      "# TYPE requests counter\n# UNIT requests seconds\n# HELP requests Some \\\"help\\\".\n"
      "requests_total{a=\"b\"} 17 1520879607.789 # {trace_id=\"KOO5S4vxi0o\"} 0.67\n"
      "requests_created{a=\"b\"} 1520430000.123\n"
      "# TYPE build info\nbuild_info{version=\"1\"} 1\n"
      "# TYPE state stateset\nstate{state=\"on\"} 1\nstate{state=\"off\"} 0\n"
      "# TYPE size gaugehistogram\nsize_bucket{le=\"1.0\"} 2\nsize_bucket{le=\"+Inf\"} 3\nsize_gcount 3\nsize_gsum 4.5\n"
      "# TYPE odd unknown\nodd 1\n"
      "# TYPE took histogram\ntook_bucket{le=\"0.1\"} 1 # {} 0.05\ntook_bucket{le=\"+Inf\"} 2\ntook_count 2\ntook_sum 3\ntook_created 1\n");
  EXPECT_EQ(parsed.faults.total(), 0u);
  EXPECT_EQ(Shown(parsed.families),
            "# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n"
            "# TYPE odd untyped\nodd 1\n"
            "# HELP requests_total Some \"help\".\n# TYPE requests_total counter\nrequests_total{a=\"b\"} 17\n"
            "# TYPE size_bucket gauge\nsize_bucket{le=\"+Inf\"} 3\nsize_bucket{le=\"1.0\"} 2\n"
            "# TYPE size_gcount gauge\nsize_gcount 3\n"
            "# TYPE size_gsum gauge\nsize_gsum 4.5\n"
            "# TYPE state gauge\nstate{state=\"off\"} 0\nstate{state=\"on\"} 1\n"
            "# TYPE took histogram\ntook_bucket{le=\"0.1\"} 1\ntook_bucket{le=\"+Inf\"} 2\ntook_sum 3\ntook_count 2\n");
}

TEST(PageParser, LeavesOutTimesOfCreationInBothFormats) {
  EXPECT_EQ(Shown(Read("# TYPE a_total counter\na_total 1\n# TYPE a_created gauge\na_created 1.7e9\n").families),
            "# TYPE a_total counter\na_total 1\n");
  EXPECT_EQ(Shown(Read("# TYPE album_created gauge\nalbum_created 3\n").families), "# TYPE album_created gauge\nalbum_created 3\n");
}

TEST(PageParser, TakesLinesAsTheyAreWritten) {
  const ParsedPage parsed = Read(
      "# HELP a   Two\\nlines, \\\\ and \\\"quotes\\\".  \r\n"
      "#  TYPE  a \t gauge\r\n"
      "  a { x = \"1\" , y=\"}\" , }   0x10\r\n"
      "\ta{x=\"2\"}\t1e3\t\r\n"
      "a{}-Inf\r\n"
      "\r\n"
      "#\r\n#comment\r\n");
  ExpectOnly(parsed, PageFault::kValue, 3, "no number");
  EXPECT_EQ(parsed.samples, 3u);
  EXPECT_EQ(Shown(parsed.families), "# HELP a Two\\nlines, \\\\ and \\\\\"quotes\\\\\".\n# TYPE a gauge\na -Inf\na{x=\"2\"} 1000\n");
}

TEST(PageParser, ATypeHoldsWhereverItStands) {
  const ParsedPage parsed = Read("a 1\nb_count 0\na{x=\"1\"} 2\n# TYPE a counter\n# TYPE b summary\n# TYPE b counter\n");
  ExpectOnly(parsed, PageFault::kLine, 6, "contradicts");
  EXPECT_EQ(Shown(parsed.families), "# TYPE a counter\na 1\na{x=\"1\"} 2\n# TYPE b summary\nb_sum NaN\nb_count 0\n");
}

TEST(PageParser, ReadsNumbersAsGoDoesButForHexadecimal) {
  for (const auto& [text, value] : {std::pair("1", 1.0),
                                    {"-1.5e3", -1500},
                                    {"+.5", .5},
                                    {"1.", 1},
                                    {"1E2", 100},
                                    {"-0", 0},
                                    {"Inf", INFINITY},
                                    {"+inf", INFINITY},
                                    {"-Infinity", -INFINITY},
                                    {"1e308", 1e308}}) {
    EXPECT_EQ(ReadValue(text), value) << text;
  }
  EXPECT_TRUE(std::isnan(ReadValue("nAn").value()));
  for (const char* text : {"", "0x1p3", "1_000", "1,5", "nan(1)", "+-1", "--1", "1e999", "infinit", "1e", ".", "-", "1 "}) {
    EXPECT_EQ(ReadValue(text), std::nullopt) << text;
  }
  EXPECT_EQ(ReadCount("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(ReadCount("9007199254740993"), 9007199254740993u);
  EXPECT_EQ(ReadCount("2e3"), 2000u);
  EXPECT_EQ(ReadCount("3.0"), 3u);
  for (const char* text : {"-1", "1.5", "NaN", "+Inf", "1e19", "18446744073709551616"}) EXPECT_EQ(ReadCount(text), std::nullopt) << text;
}

TEST(PageParser, RefusesWhatIsNoWholeMetricsPage) {
  EXPECT_THAT(ErrorOf("<!doctype html>\n<html></html>\n"), HasSubstr("HTML"));
  EXPECT_THAT(ErrorOf("\n {\"status\": \"ok\"}\n"), HasSubstr("JSON"));
  EXPECT_THAT(ErrorOf("It works!\n"), HasSubstr("no line of the page is a sample"));
  EXPECT_THAT(ErrorOf("a 1\nb 2"), HasSubstr("cut short"));
  EXPECT_THAT(ErrorOf("# TYPE a gauge\na 1\n", PageFormat::kOpenMetrics), HasSubstr("# EOF"));
  EXPECT_EQ(ErrorOf("a 1\n# EOF", PageFormat::kOpenMetrics), "not refused");
  EXPECT_EQ(ErrorOf(""), "not refused");
  EXPECT_EQ(ErrorOf("# HELP a Nothing yet.\n# TYPE a counter\n"), "not refused");
}

TEST(PageParser, ABadLineCostsThatLine) {
  for (const char* line :
       {"1a 3", "b{x=\"1} 3", "b{x=1} 3", "b{x\"1\"} 3", "b{x=\"1\" y=\"2\"} 3", "b{1x=\"1\"} 3", "b{x=\"1\"", "b", "b{x=\"1\"} ",
        "b 1 yesterday", "b 1 2 3", "{\"b\"} 1", "b{\"x\"=\"1\"} 1", "b 1 # {x=\"y\"} 1", "b-c 1", "{} 1"}) {
    const ParsedPage parsed = Read("a{x=\"1\"} 1\n" + std::string(line) + "\na{x=\"2\"} 2\n");
    EXPECT_EQ(CountOf(parsed, PageFault::kLine), 1u) << line;
    EXPECT_EQ(parsed.faults.of(PageFault::kLine).first_line, 2u);
    EXPECT_EQ(Shown(parsed.families), "# TYPE a untyped\na{x=\"1\"} 1\na{x=\"2\"} 2\n") << line;
  }
}

TEST(PageParser, AnImpossibleLabelOrValueCostsTheSample) {
  for (const char* line :
       {"a{x=\"1\",x=\"1\"} 1", "a{x=\"\",x=\"1\"} 1", "a{__name__=\"b\"} 1", "s{quantile=\"2\"} 1", "s{quantile=\"NaN\"} 1", "s 1",
        "s_sum{quantile=\"1\"} 1", "h_bucket 1", "h_bucket{le=\"x\"} 1", "h_bucket{le=\"1\",le=\"2\"} 1", "h_count{le=\"1\"} 1"}) {
    const ParsedPage parsed = Read("# TYPE s summary\n# TYPE h histogram\nb 1\n" + std::string(line) + "\n");
    EXPECT_EQ(CountOf(parsed, PageFault::kLabel), 1u) << line;
    EXPECT_EQ(Shown(parsed.families), "# TYPE b untyped\nb 1\n") << line;
  }
  for (const char* line : {"c -1", "c NaN", "h_bucket{le=\"1\"} 1.5", "h_count -1", "s_count NaN"}) {
    const ParsedPage parsed = Read("# TYPE c counter\n# TYPE s summary\n# TYPE h histogram\nb 1\n" + std::string(line) + "\n");
    EXPECT_EQ(CountOf(parsed, PageFault::kValue), 1u) << line;
    EXPECT_EQ(Shown(parsed.families), "# TYPE b untyped\nb 1\n") << line;
  }
  ExpectOnly(Read("# TYPE h histogram\nb 1\nh 1\n"), PageFault::kLine, 3, "its own name");
}

TEST(PageParser, OfASeriesThatStandsThereTwiceTheFirstCounts) {
  const ParsedPage parsed = Read("a{x=\"1\",y=\"2\"} 1\nb 1\na{y=\"2\",x=\"1\"} 5\na{y=\"2\",z=\"\",x=\"1\"} 6\n");
  EXPECT_EQ(CountOf(parsed, PageFault::kDuplicate), 2u);
  EXPECT_EQ(parsed.faults.of(PageFault::kDuplicate).first_line, 3u);
  EXPECT_EQ(Shown(parsed.families), "# TYPE a untyped\na{x=\"1\",y=\"2\"} 1\n# TYPE b untyped\nb 1\n");
}

TEST(PageParser, RepairsWhatIsNoUtf8) {
  const ParsedPage parsed = Read(
      "# HELP a Gr\xFC\xDF"
      "e.\n# TYPE a gauge\na{x=\"M\xFCnchen \xE6\x97\xA5\"} 1\n" +
      std::string("a{x=\"\0\"} 2\n", 11));
  EXPECT_EQ(Shown(parsed.families), "# HELP a Gr\uFFFD\uFFFDe.\n# TYPE a gauge\na{x=\"M\uFFFDnchen \u65E5\"} 1\na{x=\"\uFFFD\"} 2\n");
}

TEST(PageParser, MakesHistogramsWhole) {
  EXPECT_EQ(
      Shown(Read("# TYPE h histogram\nh_bucket{le=\"5\"} 3\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 9\nh_sum 2\nh_count 4\n").families),
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"5\"} 3\nh_bucket{le=\"+Inf\"} 4\nh_sum 2\nh_count 4\n");
  EXPECT_EQ(Shown(Read("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\n").families),
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum NaN\nh_count 4\n");
  EXPECT_EQ(Shown(Read("# TYPE h histogram\nh_sum 2\nh_count 4\nh_sum 3\nh_count 5\n").families),
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum 2\nh_count 4\n");
}

TEST(PageParser, LeavesOutHistogramsAndSummariesThatContradictThemselves) {
  for (const char* series : {"h_bucket{x=\"1\",le=\"1\"} 3\nh_sum{x=\"1\"} 2\n", "h_bucket{x=\"1\",le=\"+Inf\"} 3\nh_count{x=\"1\"} 4\n",
                             "h_bucket{x=\"1\",le=\"1\"} 3\nh_bucket{x=\"1\",le=\"2\"} 2\nh_count{x=\"1\"} 4\n",
                             "h_bucket{x=\"1\",le=\"1\"} 3\nh_count{x=\"1\"} 2\n"}) {
    const ParsedPage parsed = Read("# TYPE h histogram\n" + std::string(series) + "h_count{x=\"2\"} 7\n");
    EXPECT_EQ(CountOf(parsed, PageFault::kUnsound), 1u) << series;
    EXPECT_EQ(Shown(parsed.families), "# TYPE h histogram\nh_bucket{x=\"2\",le=\"+Inf\"} 7\nh_sum{x=\"2\"} NaN\nh_count{x=\"2\"} 7\n");
  }
  ExpectOnly(Read("# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 3\n"), PageFault::kUnsound, 0, "no _count");
}

TEST(PageParser, OfFamiliesWhoseSamplesHaveOneNameTheFirstStays) {
  for (const char* second : {"# TYPE a_total gauge\na_total 1\n", "# TYPE a_total counter\na_total 1\n"}) {
    const ParsedPage parsed = Read("# TYPE a counter\na 1\n" + std::string(second));
    ExpectOnly(parsed, PageFault::kClash, 0, "share a name");
    EXPECT_EQ(Shown(parsed.families), "# TYPE a counter\na 1\n");
    EXPECT_THAT(Shown(parsed.families, ExpositionFormat::kOpenMetrics), HasSubstr("a_total 1\n"));
  }
  ExpectOnly(Read("# TYPE _total counter\n_total 1\n"), PageFault::kClash, 0, "no name in OpenMetrics");
}

TEST(PageParser, IsBounded) {
  const PageLimits limits{.max_series = 3, .max_labels = 2, .max_name_bytes = 7, .max_value_bytes = 4};
  EXPECT_EQ(CountOf(Read("abcdefgh 1\na{abcdefgh=\"1\"} 1\na{a=\"1\",b=\"1\",c=\"1\"} 1\na{a=\"12345\"} 1\na{a=\"\xFF\xFF\"} 1\n",
                         PageFormat::kText, limits),
                    PageFault::kTooLong),
            5u);
  const ParsedPage parsed =
      Read("# TYPE h histogram\nh_sum 1\na{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\nh_count 2\nc 1\na{x=\"1\"} 2\n", PageFormat::kText, limits);
  EXPECT_EQ(CountOf(parsed, PageFault::kTooMany), 2u);
  EXPECT_EQ(parsed.faults.of(PageFault::kTooMany).first_line, 5u);
  EXPECT_EQ(CountOf(parsed, PageFault::kDuplicate), 1u);
  EXPECT_EQ(Shown(parsed.families),
            "# TYPE a untyped\na{x=\"1\"} 1\n# TYPE b untyped\nb 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n");
}

TEST(PageParser, SaysWhatIsWrongWithoutDataAndNumbers) {
  const ParsedPage parsed = Read("# TYPE a gauge\na{x=\"secret\"} high\nsecret words here\na 1\na 2\n");
  EXPECT_THAT(parsed.faults.Notices(),
              ElementsAre("lines that are no samples are left out: what follows the value is no timestamp",
                          "samples without a possible value are left out: the value is no number (first of all a)",
                          "of samples that stand there twice the first counts: a series stands there twice (first of all a)"));
}

TEST(NamePattern, AStarStandsForAnyText) {
  EXPECT_TRUE(MatchesPattern("immich_*_repository_*", "immich_album_user_repository_create_duration"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a**b*", "aab"));
  EXPECT_TRUE(MatchesPattern("*_total", "a_total_total"));
  EXPECT_FALSE(MatchesPattern("system_*", "my_system_a"));
  EXPECT_FALSE(MatchesPattern("a", "ab"));
  EXPECT_FALSE(MatchesPattern("", "a"));
  EXPECT_FALSE(MatchesPattern("a.c", "abc"));
}

}  // namespace
}  // namespace logmill
