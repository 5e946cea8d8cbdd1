// What one metrics port answers: /metrics, /-/healthy, /-/ready and a landing page at /.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "metrics/negotiation.h"
#include "net/http_server.h"

namespace logmill {

struct MetricsEndpointOptions {
  std::string title = "Logmill";  // of the landing page: "Logmill: api metrics"
  std::string version;            // of the program, shown there
  // Appends the whole page in a format. Server thread; must not block.
  std::function<void(ExpositionFormat, std::string&)> render;
  // Why the program is not ready to be scraped, or "" when it is: then /-/ready and /metrics answer 503. Server thread.
  std::function<std::string()> not_ready;
};

// Every scrape is rendered afresh, unless clients that do not read pile up: bodies live until they are sent, and from kCrowd of
// them on, a scrape shares the newest body of its format and encoding if that is younger than (bodies / kCrowd) seconds.
// With kMaxBodies being sent, a scrape gets 503: memory stays bounded whatever the clients do.
//
// Handle() is called on the server's thread only; the getters by any. Must outlive the server.
class MetricsEndpoint {
 public:
  static constexpr size_t kCrowd = 8;
  static constexpr size_t kMaxBodies = 32;

  MetricsEndpoint(MetricsEndpointOptions options, const Clock& clock);
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  HttpResponse Handle(const HttpRequest& request);

  // Requests answered so far by status code, each code that can occur, in rising order: logmill_http_requests_total{code}.
  // What the server refuses before it comes here (HttpServer) is not in.
  [[nodiscard]] std::vector<std::pair<unsigned, uint64_t>> RequestsByCode() const;
  // Pages rendered, and the time it took to render and compress them: all together, and the latest one.
  [[nodiscard]] uint64_t render_count() const { return render_count_; }
  [[nodiscard]] std::chrono::nanoseconds render_time() const { return std::chrono::nanoseconds(render_ns_); }
  [[nodiscard]] std::chrono::nanoseconds last_render_time() const { return std::chrono::nanoseconds(last_render_ns_); }

 private:
  struct Page {
    ExpositionFormat format;
    bool gzip;
    std::chrono::nanoseconds rendered_at;
    std::weak_ptr<const std::string> body;
  };

  HttpResponse Route(const HttpRequest& request);
  HttpResponse Metrics(const HttpRequest& request);
  [[nodiscard]] HttpResponse Landing() const;
  std::shared_ptr<const std::string> BodyFor(ExpositionFormat format, bool gzip);
  std::shared_ptr<const std::string> Render(ExpositionFormat format, bool gzip);

  static constexpr std::array<unsigned, 4> kCodes{200, 404, 500, 503};

  const MetricsEndpointOptions options_;
  const Clock& clock_;
  std::vector<Page> pages_;  // that may still be on their way, oldest first
  size_t last_size_ = 0;     // of a page before compression
  std::array<std::atomic<uint64_t>, kCodes.size()> requests_{};
  std::atomic<uint64_t> render_count_ = 0;
  std::atomic<int64_t> render_ns_ = 0;
  std::atomic<int64_t> last_render_ns_ = 0;
};

}  // namespace logmill
