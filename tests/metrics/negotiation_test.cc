#include "metrics/negotiation.h"

#include <string>

#include "gtest/gtest.h"

namespace logmill {
namespace {

constexpr auto kText = ExpositionFormat::kText;
constexpr auto kOpenMetrics = ExpositionFormat::kOpenMetrics;

TEST(NegotiateFormatTest, Table) {
  const struct {
    std::string_view accept;
    ExpositionFormat expected;
  } table[] = {
      // What Prometheus 2 and 3, curl and browsers send.
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
       "*/*;q=0.1",
       kOpenMetrics},
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
       "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
       kOpenMetrics},
      {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", kText},
      {"*/*", kText},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", kText},
      // Nothing that we have.
      {"", kText},
      {"application/json", kText},
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", kText},
      {"application/openmetrics-text;version=2.0.0", kText},
      // By name, version and wildcard.
      {"application/openmetrics-text", kOpenMetrics},
      {"application/openmetrics-text; version=0.0.1", kOpenMetrics},
      {"application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", kOpenMetrics},
      {"APPLICATION/OpenMetrics-Text;VERSION=1.0.0", kOpenMetrics},
      {"application/*", kOpenMetrics},
      {"text/*", kText},
      // The greater q wins; at equal q the closer name, then text.
      {"text/plain;q=0.5, application/openmetrics-text;q=0.6", kOpenMetrics},
      {"text/plain;q=0.6, application/openmetrics-text;q=0.5", kText},
      {"text/plain, application/openmetrics-text", kText},
      {"application/openmetrics-text, */*", kOpenMetrics},
      {"text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0", kText},
      {"text/*;q=0.9, text/plain;q=0.1, application/openmetrics-text;q=0.5", kOpenMetrics},
      // q=0 excludes.
      {"application/openmetrics-text;q=0, */*", kText},
      {"text/plain;q=0, */*", kOpenMetrics},
      {"application/openmetrics-text;q=0.000", kText},
      {"*/*;q=0", kText},
      // Careless and broken headers.
      {" , ,application/openmetrics-text ; q = 0.9 ,,", kOpenMetrics},
      {"application/openmetrics-text;q=high, text/plain;q=0.9", kOpenMetrics},
      {"application/openmetrics-text;q=nan, text/plain;q=0.9", kOpenMetrics},
      {"application/openmetrics-text;q=7, text/plain;q=1", kText},
      {"application/openmetrics-text;q", kOpenMetrics},
      {"text/plain;note=\"a,b;q=0\";q=0.2, application/openmetrics-text;q=0.1", kText},
      {"text/plain;note=\"application/openmetrics-text", kText},
      {";;;===,,,\"", kText},
  };
  for (const auto& row : table) EXPECT_EQ(NegotiateFormat(row.accept), row.expected) << row.accept;
}

TEST(WantsGzipTest, Table) {
  const struct {
    std::string_view accept_encoding;
    bool expected;
  } table[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"x-gzip", true},
      {"deflate, gzip;q=0.5, br", true},
      {"gzip;q=0", false},
      {"gzip; q=0.000", false},
      {"gzip;q=0.001", true},
      {"*", true},
      {"*;q=0", false},
      {"gzip;q=0, *", false},
      {"*;q=0, gzip", true},
      {"identity", false},
      {"identity, gzip", true},
      {"identity;q=1, gzip;q=0.5", false},
      {"identity;q=0.5, gzip;q=0.5", true},
      {"br, zstd", false},
      {"gzipped", false},
      {",,;q=0,gzip,", true},
      {"gzip;q=0;q", true},
  };
  for (const auto& row : table) EXPECT_EQ(WantsGzip(row.accept_encoding), row.expected) << row.accept_encoding;
}

TEST(NegotiationTest, ContentTypesAreThoseOfTheFormats) {
  EXPECT_EQ(ContentType(kText), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ContentType(kOpenMetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

// A quadratic reading of these would not end in the time a test has.
TEST(NegotiationTest, HostileHeadersTakeLinearTime) {
  for (const std::string_view piece : {",", ";", "\"", "a;", "a,", "*/*;q=0.1,", "=", " ", "\",;"}) {
    std::string header;
    while (header.size() < 1'000'000) header += piece;
    EXPECT_EQ(NegotiateFormat(header), kText);
    EXPECT_FALSE(WantsGzip(header));
  }
}

}  // namespace
}  // namespace logmill
