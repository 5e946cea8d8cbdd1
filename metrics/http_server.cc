#include "metrics/http_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <ctime>
#include <deque>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "metrics/http_listen.h"

namespace logmill {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using net::ip::tcp;

constexpr std::chrono::milliseconds kAcceptBackOff{100};
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

// ---- Answers ----

HttpResponse PlainAnswer(unsigned status, std::string text) {
  return {.status = status, .content_type = std::string(kPlainText), .body = std::make_shared<const std::string>(std::move(text))};
}

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::string HeadOf(const HttpResponse& response, bool keep_alive) {
  const auto reason = http::obsolete_reason(http::int_to_status(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason) + "\r\n";
  const auto add = [&head](std::string_view name, std::string_view value) { head.append(name).append(": ").append(value).append("\r\n"); };
  add("Date", HttpDate());
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body ? response.body->size() : 0));
  if (!response.content_encoding.empty()) add("Content-Encoding", response.content_encoding);
  add("Vary", "Accept, Accept-Encoding");
  if (response.retry_after_s > 0) add("Retry-After", std::to_string(response.retry_after_s));
  if (response.status == 405) add("Allow", "GET, HEAD");
  add("Connection", keep_alive ? "keep-alive" : "close");
  return head += "\r\n";
}

// The answer to a head that Beast refused, or nothing when the connection is to be dropped (closed, timed out).
std::optional<HttpResponse> AnswerToBadHead(error_code error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() != http::make_error_code(http::error::bad_method).category()) return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return PlainAnswer(431, "The request's head is too long.\n");
  }
  if (error == http::error::body_limit) return PlainAnswer(413, "Requests with a body are not accepted.\n");
  return PlainAnswer(400, "This is not an HTTP/1.1 request that can be understood.\n");
}

// ---- Requests ----

using Head = http::request<http::empty_body>;

bool HasBody(const Head& head) {
  const auto length = head[http::field::content_length];
  return head.count(http::field::transfer_encoding) > 0 || length.find_first_not_of('0') != length.npos;
}

std::string Joined(const Head& head, http::field name) {
  std::string joined;
  const auto [first, last] = head.equal_range(name);
  for (auto it = first; it != last; ++it) joined.append(joined.empty() ? "" : ", ").append(it->value().data(), it->value().size());
  return joined;
}

// The path and query of a target: "/metrics?x", or "http://host/metrics?x" as proxies write it.
std::string_view WithoutOrigin(std::string_view target) {
  if (target.starts_with('/')) return target;
  const size_t scheme = target.find("://");
  if (scheme == target.npos) return target;
  const size_t path = target.find('/', scheme + 3);
  return path == target.npos ? std::string_view("/") : target.substr(path);
}

HttpResponse AnswerTo(const Head& head, const HttpHandler& handler) {
  if (head.version() >= 11 && head.count(http::field::host) != 1) return PlainAnswer(400, "A request needs one Host header.\n");
  if (head.method() != http::verb::get && head.method() != http::verb::head) return PlainAnswer(405, "Only GET and HEAD are served.\n");
  if (HasBody(head)) return PlainAnswer(413, "Requests with a body are not accepted.\n");
  const std::string_view target = WithoutOrigin({head.target().data(), head.target().size()});
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string accept = Joined(head, http::field::accept);
  const std::string accept_encoding = Joined(head, http::field::accept_encoding);
  const HttpRequest request{.method = head.method() == http::verb::get ? "GET" : "HEAD",
                            .path = target.substr(0, mark),
                            .query = target.substr(std::min(mark + 1, target.size())),
                            .accept = accept,
                            .accept_encoding = accept_encoding};
  try {
    return handler(request);
  } catch (const std::exception& e) {
    return PlainAnswer(500, std::string("This request failed: ") + e.what() + "\n");
  }
}

// ---- Connections ----

class Connection;

enum class State : uint8_t { kNew, kIdle, kAnswering };  // kNew: has not sent a request yet

// All open connections, by state and by how long they have been in it. Server thread only, but for size().
class Roster {
 public:
  using Seat = std::list<Connection*>::iterator;

  Seat Enter(Connection* connection) {
    ++size_;
    return Of(State::kNew).insert(Of(State::kNew).end(), connection);
  }
  void Move(Seat seat, State from, State to) { Of(to).splice(Of(to).end(), Of(from), seat); }
  void Leave(Seat seat, State state) {
    --size_;
    Of(state).erase(seat);
  }
  // Closes the one that can be spared the most; false when there is none.
  bool MakeRoom();
  [[nodiscard]] size_t size() const { return size_; }

 private:
  std::list<Connection*>& Of(State state) { return lists_[static_cast<size_t>(state)]; }

  std::array<std::list<Connection*>, 3> lists_;
  std::atomic<size_t> size_ = 0;
};

// One client. Owned by the operation that it waits for, so it lives exactly as long as something can still happen.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpHandler& handler, const HttpOptions& options, Roster& roster)
      : stream_(std::move(socket)), handler_(handler), options_(options), roster_(roster), seat_(roster.Enter(this)) {}
  ~Connection() { Leave(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void ReadHead() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(options_.max_header_bytes));
    stream_.expires_after(options_.request_timeout);
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) { self->OnHead(error); });
  }

  void Close() {
    Leave();
    stream_.close();
  }

 private:
  void Leave() {
    if (std::exchange(seated_, false)) roster_.Leave(seat_, state_);
  }

  void Enter(State state) {
    if (seated_) roster_.Move(seat_, std::exchange(state_, state), state);
  }

  void OnHead(error_code error) {
    if (!seated_) return;
    if (error) {
      if (auto answer = AnswerToBadHead(error)) Write(std::move(*answer), false, false);
      return;
    }
    const Head& head = parser_->get();
    HttpResponse response = AnswerTo(head, handler_);
    const bool keep_alive = parser_->keep_alive() && !HasBody(head) && response.status != 400;
    Write(std::move(response), head.method() == http::verb::head, keep_alive);
  }

  void Write(HttpResponse response, bool head_only, bool keep_alive) {
    Enter(State::kAnswering);
    parser_.reset();
    head_ = HeadOf(response, keep_alive);
    body_ = head_only ? nullptr : std::move(response.body);
    SetReset(true);
    stream_.expires_after(options_.write_timeout);
    const std::array<net::const_buffer, 2> parts{net::buffer(head_), body_ ? net::buffer(*body_) : net::const_buffer()};
    net::async_write(stream_, parts, [self = shared_from_this(), keep_alive](error_code error, size_t) {
      if (!error) self->OnWritten(keep_alive);
    });
  }

  void OnWritten(bool keep_alive) {
    SetReset(false);
    head_ = {};
    body_.reset();
    if (!keep_alive) return ShutDown();
    Enter(State::kIdle);
    if (buffer_.size() > 0) return ReadHead();
    AwaitRequest();
  }

  void AwaitRequest() {
    buffer_.shrink_to_fit();
    stream_.expires_after(options_.idle_timeout);
    stream_.async_read_some(SomeRoom(), [self = shared_from_this()](error_code error, size_t size) {
      self->buffer_.commit(size);
      if (!error && self->seated_) self->ReadHead();
    });
  }

  // Closing while the client still sends would reset the connection and could take the answer away from it: so what comes is thrown
  // away until it closes too, within the deadline of the answer.
  void ShutDown() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    buffer_.clear();
    Drain();
  }

  void Drain() {
    stream_.async_read_some(SomeRoom(), [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->Drain();
    });
  }

  net::mutable_buffer SomeRoom() { return buffer_.prepare(std::min<size_t>(512, buffer_.max_size())); }

  // Whether closing discards what the client has not fetched: otherwise the kernel would keep that for minutes.
  void SetReset(bool on) {
    error_code ignored;
    stream_.socket().set_option(net::socket_base::linger(on, 0), ignored);
  }

  beast::tcp_stream stream_;
  const HttpHandler& handler_;
  const HttpOptions& options_;
  Roster& roster_;
  const Roster::Seat seat_;
  State state_ = State::kNew;
  bool seated_ = true;
  beast::flat_buffer buffer_{options_.max_header_bytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::string head_;
  std::shared_ptr<const std::string> body_;
};

bool Roster::MakeRoom() {
  for (const State state : {State::kNew, State::kIdle}) {
    if (Of(state).empty()) continue;
    Of(state).front()->Close();
    return true;
  }
  return false;
}

// ---- The server ----

class BeastServer final : public HttpServer {
 public:
  explicit BeastServer(const HttpOptions& options) : options_(options) {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) options_.max_connections = std::min<size_t>(options_.max_connections, files.rlim_cur / 2);
  }

  ~BeastServer() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  // What is wrong with the listener's address, or "".
  std::string Open(HttpListener listener) {
    auto acceptor = Listen(io_, listener);
    if (!acceptor) return acceptor.error();
    const uint16_t port = acceptor->local_endpoint().port();
    doors_.emplace_back(std::move(*acceptor), net::steady_timer(io_), std::move(listener.handler), port);
    return "";
  }

  void Run() {
    for (auto& door : doors_) AwaitClient(door);
    thread_ = std::thread([this] { Serve(); });
  }

  [[nodiscard]] uint16_t port(size_t listener) const override { return doors_.at(listener).port; }
  [[nodiscard]] size_t connection_count() const override { return roster_.size(); }

 private:
  struct Door {
    Door(tcp::acceptor a, net::steady_timer t, HttpHandler h, uint16_t p)
        : acceptor(std::move(a)), back_off(std::move(t)), handler(std::move(h)), port(p) {}
    tcp::acceptor acceptor;
    net::steady_timer back_off;
    HttpHandler handler;
    uint16_t port;
  };

  // An exception here is memory that ran out in one operation: that connection is gone, the others go on.
  void Serve() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        continue;
      }
    }
  }

  // Waits before it accepts: without a file left, accept() fails even when no client is there.
  void AwaitClient(Door& door) {
    door.acceptor.async_wait(tcp::acceptor::wait_read, [this, &door](error_code error) {
      if (!error) Accept(door);
    });
  }

  void Accept(Door& door) {
    error_code error;
    tcp::socket socket = door.acceptor.accept(error);
    const bool failed = error && error != net::error::would_block && !MakeRoomAfter(error);
    failed ? AcceptLater(door) : AwaitClient(door);
    if (!error) Admit(door, std::move(socket));
  }

  bool MakeRoomAfter(error_code error) {
    namespace errc = boost::system::errc;
    return (error == errc::too_many_files_open || error == errc::too_many_files_open_in_system) && roster_.MakeRoom();
  }

  void AcceptLater(Door& door) {
    door.back_off.expires_after(kAcceptBackOff);
    door.back_off.async_wait([this, &door](error_code error) {
      if (!error) AwaitClient(door);
    });
  }

  void Admit(const Door& door, tcp::socket socket) {
    if (roster_.size() >= options_.max_connections && !roster_.MakeRoom()) return;
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<Connection>(std::move(socket), door.handler, options_, roster_)->ReadHead();
  }

  // Connections live in operations of io_ and end with it: what their ends touch stands above it.
  HttpOptions options_;
  Roster roster_;
  net::io_context io_{1};
  std::deque<Door> doors_;
  std::thread thread_;
};

}  // namespace

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::Start(std::vector<HttpListener> listeners, HttpOptions options) {
  try {
    auto server = std::make_unique<BeastServer>(options);
    for (auto& listener : listeners) {
      if (auto error = server->Open(std::move(listener)); !error.empty()) return std::unexpected(std::move(error));
    }
    server->Run();
    return server;
  } catch (const std::exception& e) {
    return std::unexpected(std::string("cannot start the HTTP server: ") + e.what());
  }
}

}  // namespace logmill
