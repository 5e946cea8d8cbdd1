#include "net/http_server.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "net/door.h"
#include "net/http_connection.h"
#include "net/listen.h"

namespace logmill {
namespace {

namespace net = boost::asio;
using net::ip::tcp;

constexpr std::chrono::milliseconds kFarewell{100};
constexpr KernelBuffers kForPages{.send_bytes = 64 * 1024, .receive_bytes = 16 * 1024};
constexpr KernelBuffers kForBodies{.send_bytes = 16 * 1024, .receive_bytes = 128 * 1024};

class BeastServer final : public HttpServer {
 public:
  explicit BeastServer(const HttpOptions& options) : options_(options) {
    options_.max_connections = ConnectionLimit(options_.max_connections);
  }

  ~BeastServer() override {
    io_.stop();
    if (!thread_.joinable()) return;
    thread_.join();
    SayFarewell();
  }

  // What is wrong with the listener's address, or "".
  std::string Open(HttpListener listener) {
    auto acceptor = ListenTcp(io_, {listener.address, listener.setting}, listener.bodies.max_bytes > 0 ? kForBodies : kForPages);
    if (!acceptor) return acceptor.error();
    HttpShared& shared = shared_.emplace_back(options_, roster_, stopping_, std::move(listener));
    doors_.emplace_back(std::move(*acceptor), Door::Callbacks{[this, &shared](tcp::socket socket) { Admit(shared, std::move(socket)); },
                                                              [this] { return roster_.MakeRoom(); }});
    return "";
  }

  void Run() {
    for (auto& door : doors_) door.Open();
    thread_ = std::thread([this] { Serve(); });
  }

  [[nodiscard]] uint16_t port(size_t listener) const override { return doors_.at(listener).port(); }
  [[nodiscard]] size_t connection_count() const override { return roster_.size(); }

 private:
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

  // What was under way when the thread stopped: answers that are written are seen off, requests that have come get a 503.
  void SayFarewell() {
    stopping_ = true;
    for (Door& door : doors_) door.Close();
    const auto until = std::chrono::steady_clock::now() + kFarewell;
    try {
      io_.restart();
      while (std::chrono::steady_clock::now() < until && io_.poll_one() > 0) continue;
    } catch (const std::exception&) {
      return;
    }
  }

  void Admit(HttpShared& shared, tcp::socket socket) {
    if (roster_.size() >= options_.max_connections && !roster_.MakeRoom()) return;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<HttpConnection>(std::move(socket), shared)->ReadHead();
  }

  // Connections live in operations of io_ and end with it: what their ends touch stands above it.
  HttpOptions options_;
  HttpRoster roster_;
  bool stopping_ = false;
  std::deque<HttpShared> shared_;  // by listener, as doors_
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
