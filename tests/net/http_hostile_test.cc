// A thousand clients of each bad kind at once: a scrape is answered as ever, memory stays, and all are closed in the end.
#include <fstream>
#include <vector>

#include "gmock/gmock.h"
#include "metrics/metrics_endpoint.h"
#include "net/http_server.h"
#include "tests/net/http_client.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOGMILL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LOGMILL_SANITIZED 1
#endif
#endif

namespace logmill {
namespace {

using std::chrono::milliseconds;

constexpr int kClients = 1000;
constexpr size_t kPageBytes = 5'000'000;
constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n";

// Time that stands still: bodies that were rendered once stay fresh enough to be shared.
class StoppedClock final : public Clock {
 public:
  [[nodiscard]] int64_t UnixMillis() const override { return 0; }
  [[nodiscard]] std::chrono::nanoseconds Monotonic() const override { return {}; }
};

size_t ResidentMiB() {
  size_t all = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) >> 20;
}

// One way to be a bad client: what each of the thousand sends, and how much the kernel may hold for it (0: as usual).
struct Kind {
  std::string name;
  std::string sends;
  int receive_buffer = 0;
  size_t max_mib = 0;  // of the server's memory, for all of them
};

std::string Repeated(std::string_view text, size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += text;
  return all;
}

const Kind kKinds[] = {
    {.name = "Idle", .sends = "", .max_mib = 30},
    {.name = "HalfARequest", .sends = std::string(kRequest.substr(0, kRequest.size() - 2)), .max_mib = 30},
    {.name = "NeverReading", .sends = std::string(kRequest), .receive_buffer = 4096, .max_mib = 90},
    {.name = "PipeliningAndNeverReading", .sends = Repeated(kRequest, 8000), .receive_buffer = 4096, .max_mib = 110},
};

class HttpHostileTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { ASSERT_TRUE(AllowOpenFiles(3 * kClients)) << "this test needs " << 3 * kClients << " open files"; }

  void Serve(HttpOptions options, HttpHandler handler) {
    auto started = HttpServer::Start({{.address = "127.0.0.1:0", .handler = std::move(handler)}}, options);
    ASSERT_TRUE(started.has_value()) << started.error();
    server_ = std::move(*started);
  }

  void ConnectAll() {
    for (int i = 0; i < kClients; ++i) {
      clients_.emplace_back(server_->port(0), GetParam().receive_buffer);
      clients_.back().Send(GetParam().sends);
    }
  }

  [[nodiscard]] Reply Scrape() const { return RawHttpClient(server_->port(0)).Get("/metrics"); }

  StoppedClock clock_;
  MetricsEndpoint endpoint_{{.version = "0",
                             .render = [](ExpositionFormat, std::string& page) { page.append(kPageBytes, 'm'); },
                             .not_ready = [] { return std::string(); }},
                            clock_};
  std::unique_ptr<HttpServer> server_;
  std::vector<RawHttpClient> clients_;
};

TEST_P(HttpHostileTest, NeitherDelayAScrapeNorTakeMemory) {
  constexpr std::chrono::hours kNever(1);
  Serve({.request_timeout = kNever, .write_timeout = kNever}, [this](const HttpRequest& request) { return endpoint_.Handle(request); });
  const size_t resident_before = ResidentMiB();
  ConnectAll();
  const Reply scrape = Scrape();
  EXPECT_EQ(scrape.status, 200);
  EXPECT_EQ(scrape.body.size(), kPageBytes);
  EXPECT_GE(server_->connection_count(), static_cast<size_t>(kClients)) << "they are there all the time";
  EXPECT_LE(endpoint_.render_count(), MetricsEndpoint::kCrowd + 1);
#ifndef LOGMILL_SANITIZED
  EXPECT_LT(ResidentMiB(), resident_before + GetParam().max_mib);
#else
  (void)resident_before;
#endif
}

TEST_P(HttpHostileTest, AreClosedAfterTheDeadline) {
  const HttpResponse page{.body = std::make_shared<const std::string>(kPageBytes, 'm')};
  Serve({.request_timeout = milliseconds(200), .write_timeout = milliseconds(200)}, [page](const HttpRequest&) { return page; });
  ConnectAll();
  for (const RawHttpClient& client : clients_) ASSERT_TRUE(client.AwaitClose());
  server_.reset();
  EXPECT_EQ(page.body.use_count(), 1) << "an answer that nobody read is still held";
}

INSTANTIATE_TEST_SUITE_P(AThousandClients, HttpHostileTest, testing::ValuesIn(kKinds),
                         [](const testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

// If each byte extended the deadline, this client would come to the limit of the head and be told so.
TEST(HttpDripTest, DrippingDoesNotExtendTheDeadline) {
  const auto server = HttpServer::Start({{.address = "127.0.0.1:0", .handler = [](const HttpRequest&) { return HttpResponse{}; }}},
                                        {.request_timeout = milliseconds(200), .max_header_bytes = 8000});
  ASSERT_TRUE(server.has_value()) << server.error();
  for (const bool used_before : {false, true}) {
    RawHttpClient client((*server)->port(0));
    if (used_before) {
      ASSERT_EQ(client.Get("/").status, 200);
    }
    client.Send("GET / HTTP/1.1\r\n");
    while (!client.AwaitClose(5)) client.Send("A: b\r\n");
    EXPECT_EQ(client.Read().status, 0);
  }
}

TEST(HttpFloodTest, IdleClientsBeyondTheLimitDoNotKeepAScraperOut) {
  ASSERT_TRUE(AllowOpenFiles(3 * kClients));
  const auto server = HttpServer::Start({{.address = "127.0.0.1:0", .handler = [](const HttpRequest&) { return HttpResponse{}; }}},
                                        {.request_timeout = std::chrono::hours(1), .max_connections = 50});
  ASSERT_TRUE(server.has_value()) << server.error();
  std::vector<RawHttpClient> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back((*server)->port(0));
  EXPECT_EQ(RawHttpClient((*server)->port(0)).Get("/metrics").status, 200);
  EXPECT_LE((*server)->connection_count(), 50U);
  for (size_t i = 0; i < kClients - 50; ++i) ASSERT_TRUE(clients[i].AwaitClose());
}

}  // namespace
}  // namespace logmill
