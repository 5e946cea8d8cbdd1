#include "metrics/metrics_endpoint.h"

#include <zlib.h>

#include <algorithm>
#include <exception>
#include <ranges>
#include <stdexcept>
#include <string_view>

namespace logmill {
namespace {

HttpResponse Plain(unsigned status, std::string text) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text))};
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Gzip(std::string_view plain) {
  constexpr int kGzipWindow = 15 + 16;  // zlib: 16 more asks for gzip's frame
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("the page cannot be compressed");
  packed.shrink_to_fit();
  return packed;
}

}  // namespace

MetricsEndpoint::MetricsEndpoint(MetricsEndpointOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

HttpResponse MetricsEndpoint::Handle(const HttpRequest& request) {
  HttpResponse response;
  try {
    response = Route(request);
  } catch (const std::exception& e) {
    response = Plain(500, std::string("The metrics cannot be shown: ") + e.what() + "\n");
  }
  ++requests_[static_cast<size_t>(std::ranges::find(kCodes, response.status) - kCodes.begin())];
  return response;
}

HttpResponse MetricsEndpoint::Route(const HttpRequest& request) {
  if (request.path == "/metrics") return Metrics(request);
  if (request.path == "/") return Landing();
  if (request.path == "/-/healthy") return Plain(200, "Logmill is healthy.\n");
  if (request.path != "/-/ready") return Plain(404, "Nothing is here; there are /metrics, /-/healthy, /-/ready and /.\n");
  const std::string reason = options_.not_ready();
  return reason.empty() ? Plain(200, "Logmill is ready.\n") : Plain(503, "Logmill is not ready: " + reason + "\n");
}

HttpResponse MetricsEndpoint::Metrics(const HttpRequest& request) {
  if (const std::string reason = options_.not_ready(); !reason.empty()) return Plain(503, "Logmill is not ready: " + reason + "\n");
  const ExpositionFormat format = NegotiateFormat(request.accept);
  const bool gzip = WantsGzip(request.accept_encoding);
  auto body = BodyFor(format, gzip);
  if (!body) {
    HttpResponse busy = Plain(503, "Too many scrapes are under way whose clients do not read.\n");
    busy.retry_after_s = 1;
    return busy;
  }
  return {.content_type = std::string(ContentType(format)), .content_encoding = gzip ? "gzip" : "", .body = std::move(body)};
}

HttpResponse MetricsEndpoint::Landing() const {
  const std::string title = EscapeHtml(options_.title);
  HttpResponse response = Plain(200, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + title +
                                         "</title></head>\n<body>\n<h1>" + title + "</h1>\n<p>Logmill " + EscapeHtml(options_.version) +
                                         " turns structured logs into metrics.</p>\n<ul>\n"
                                         "<li><a href=\"/metrics\">Metrics</a> for Prometheus</li>\n"
                                         "<li><a href=\"/-/healthy\">Healthy?</a> The program runs</li>\n"
                                         "<li><a href=\"/-/ready\">Ready?</a> The metrics are complete</li>\n"
                                         "</ul>\n</body>\n</html>\n");
  response.content_type = "text/html; charset=utf-8";
  return response;
}

std::shared_ptr<const std::string> MetricsEndpoint::BodyFor(ExpositionFormat format, bool gzip) {
  std::erase_if(pages_, [](const Page& page) { return page.body.expired(); });
  const std::chrono::seconds shared_for(pages_.size() / kCrowd);
  const auto now = clock_.Monotonic();
  for (const Page& page : pages_ | std::views::reverse) {
    if (page.format == format && page.gzip == gzip && now - page.rendered_at < shared_for) return page.body.lock();
  }
  if (pages_.size() >= kMaxBodies) return nullptr;
  auto body = Render(format, gzip);
  pages_.push_back({format, gzip, now, body});
  return body;
}

std::shared_ptr<const std::string> MetricsEndpoint::Render(ExpositionFormat format, bool gzip) {
  const auto start = clock_.Monotonic();
  std::string page;
  page.reserve(last_size_ + last_size_ / 8);
  options_.render(format, page);
  last_size_ = page.size();
  auto body = std::make_shared<const std::string>(gzip ? Gzip(page) : std::move(page));
  last_render_ns_ = (clock_.Monotonic() - start).count();
  render_ns_ += last_render_ns_;
  ++render_count_;
  return body;
}

std::vector<std::pair<unsigned, uint64_t>> MetricsEndpoint::RequestsByCode() const {
  std::vector<std::pair<unsigned, uint64_t>> counts;
  for (size_t i = 0; i < kCodes.size(); ++i) counts.emplace_back(kCodes[i], requests_[i]);
  return counts;
}

}  // namespace logmill
