#include "metrics/metrics_endpoint.h"

#include <zlib.h>

#include <array>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace logmill {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class SetClock final : public Clock {
 public:
  [[nodiscard]] int64_t UnixMillis() const override { return now.count() / 1'000'000; }
  [[nodiscard]] std::chrono::nanoseconds Monotonic() const override { return now; }
  std::chrono::nanoseconds now{0};
};

std::string Gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  int result = Z_OK;
  while (result == Z_OK) {
    std::array<char, 4096> chunk;
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    result = inflate(&stream, Z_NO_FLUSH);
    plain.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  inflateEnd(&stream);
  return plain;
}

class MetricsEndpointTest : public testing::Test {
 protected:
  HttpResponse Get(std::string_view path, std::string_view accept = "", std::string_view accept_encoding = "") {
    return endpoint_.Handle({.method = "GET", .path = path, .query = "", .accept = accept, .accept_encoding = accept_encoding});
  }

  void Render(ExpositionFormat format, std::string& page) {
    clock_.now += render_takes_;
    if (broken_) throw std::runtime_error("out of ideas");
    page += (format == ExpositionFormat::kText ? "text " : "open ") + std::to_string(++scrapes_);
    page += page_end_;
  }

  SetClock clock_;
  std::string not_ready_;
  std::string page_end_;
  bool broken_ = false;
  int scrapes_ = 0;
  milliseconds render_takes_{0};
  MetricsEndpoint endpoint_{{.title = "Logmill: <api> metrics",
                             .version = "1.2.3",
                             .render = [this](ExpositionFormat format, std::string& page) { Render(format, page); },
                             .not_ready = [this] { return not_ready_; }},
                            clock_};
};

TEST_F(MetricsEndpointTest, EveryScrapeIsFreshInTheFormatAskedFor) {
  const HttpResponse text = Get("/metrics");
  EXPECT_EQ(text.status, 200U);
  EXPECT_EQ(text.content_type, ContentType(ExpositionFormat::kText));
  EXPECT_EQ(text.content_encoding, "");
  EXPECT_EQ(*text.body, "text 1");
  const HttpResponse open = Get("/metrics", "application/openmetrics-text;version=1.0.0");
  EXPECT_EQ(open.content_type, ContentType(ExpositionFormat::kOpenMetrics));
  EXPECT_EQ(*open.body, "open 2");
  EXPECT_EQ(*Get("/metrics").body, "text 3");
}

TEST_F(MetricsEndpointTest, GzipGivesBackThePage) {
  for (int i = 0; i < 50'000; ++i) page_end_ += " " + std::to_string(i * 7919);
  const HttpResponse packed = Get("/metrics", "", "gzip");
  EXPECT_EQ(packed.content_encoding, "gzip");
  EXPECT_LT(packed.body->size(), page_end_.size() / 2);
  EXPECT_EQ(Gunzip(*packed.body), "text 1" + page_end_);
  page_end_.clear();
  EXPECT_EQ(Gunzip(*Get("/metrics", "", "gzip").body), "text 2");
}

TEST_F(MetricsEndpointTest, SaysWhyItIsNotReadyYetHealthy) {
  not_ready_ = "reading the backlog, 12 MB to go";
  for (const std::string_view path : {"/-/ready", "/metrics"}) {
    const HttpResponse refusal = Get(path);
    EXPECT_EQ(refusal.status, 503U) << path;
    EXPECT_EQ(*refusal.body, "Logmill is not ready: reading the backlog, 12 MB to go\n") << path;
  }
  EXPECT_EQ(*Get("/-/healthy").body, "Logmill is healthy.\n");
  EXPECT_EQ(scrapes_, 0);
  not_ready_.clear();
  EXPECT_EQ(*Get("/-/ready").body, "Logmill is ready.\n");
  EXPECT_EQ(Get("/metrics").status, 200U);
}

TEST_F(MetricsEndpointTest, LandingPageLeadsToEverything) {
  const HttpResponse page = Get("/");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(*page.body,
              AllOf(HasSubstr("<title>Logmill: &lt;api&gt; metrics</title>"), HasSubstr("1.2.3"), HasSubstr("href=\"/metrics\""),
                    HasSubstr("href=\"/-/healthy\""), HasSubstr("href=\"/-/ready\""), Not(HasSubstr("<api>"))));
}

TEST_F(MetricsEndpointTest, OtherPathsGetAHint) {
  for (const std::string_view path : {"/metrics/", "/Metrics", "/metrics/foo", "//", "", "/-/", "/<script>"}) {
    const HttpResponse answer = Get(path);
    EXPECT_EQ(answer.status, 404U) << path;
    EXPECT_THAT(*answer.body, AllOf(HasSubstr("/metrics"), Not(HasSubstr("script")))) << path;
  }
}

TEST_F(MetricsEndpointTest, CountsRequestsAndRenderTime) {
  render_takes_ = milliseconds(30);
  Get("/metrics");
  render_takes_ = milliseconds(5);
  Get("/metrics");
  Get("/nowhere");
  broken_ = true;
  EXPECT_THAT(*Get("/metrics").body, HasSubstr("out of ideas"));
  not_ready_ = "no";
  Get("/metrics");
  EXPECT_THAT(endpoint_.RequestsByCode(), ElementsAre(Pair(200, 2), Pair(404, 1), Pair(500, 1), Pair(503, 1)));
  EXPECT_EQ(endpoint_.render_count(), 2U);
  EXPECT_EQ(endpoint_.render_time(), milliseconds(35));
  EXPECT_EQ(endpoint_.last_render_time(), milliseconds(5));
}

TEST_F(MetricsEndpointTest, ACrowdThatDoesNotReadSharesOneFreshBody) {
  std::vector<HttpResponse> unread;
  for (size_t i = 0; i < MetricsEndpoint::kCrowd; ++i) unread.push_back(Get("/metrics"));
  EXPECT_EQ(scrapes_, 8);
  for (int i = 0; i < 1000; ++i) unread.push_back(Get("/metrics"));
  EXPECT_EQ(scrapes_, 8);
  EXPECT_EQ(*unread.back().body, "text 8");
  clock_.now += milliseconds(999);
  EXPECT_EQ(*Get("/metrics").body, "text 8");
  clock_.now += milliseconds(1);
  EXPECT_EQ(*Get("/metrics").body, "text 9") << "a second is too old";
  EXPECT_EQ(Get("/metrics", "application/openmetrics-text").body->substr(0, 4), "open") << "the body of another format will not do";
  unread.clear();
  EXPECT_EQ(*Get("/metrics").body, "text 11") << "the crowd has gone: every scrape is fresh again";
  EXPECT_EQ(*Get("/metrics").body, "text 12");
}

TEST_F(MetricsEndpointTest, BodiesOnTheirWayAreLimited) {
  std::vector<HttpResponse> unread;
  while (unread.size() < MetricsEndpoint::kMaxBodies) {
    unread.push_back(Get("/metrics"));
    clock_.now += std::chrono::hours(1);
  }
  const HttpResponse refused = Get("/metrics");
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.retry_after_s, 1U);
  EXPECT_EQ(scrapes_, 32);
  unread.erase(unread.begin());
  EXPECT_EQ(Get("/metrics").status, 200U);
}

// A client that asks for all four variants and never reads is cut off after the server's write timeout: it cannot fill all places.
TEST_F(MetricsEndpointTest, SilentClientsDoNotLockAScraperOut) {
  std::vector<std::pair<std::chrono::nanoseconds, HttpResponse>> unread;
  while (clock_.now < std::chrono::minutes(2)) {
    for (const std::string_view accept : {"text/plain", "application/openmetrics-text"}) {
      for (const std::string_view encoding : {"", "gzip"}) {
        unread.emplace_back(clock_.now, Get("/metrics", accept, encoding));
        ASSERT_EQ(unread.back().second.status, 200U);
      }
    }
    clock_.now += milliseconds(100);
    std::erase_if(unread, [this](const auto& item) { return item.first + std::chrono::seconds(10) < clock_.now; });
  }
}

}  // namespace
}  // namespace logmill
