#include "net/byte_listener.h"

#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "net/byte_connection.h"
#include "net/datagram_socket.h"
#include "net/door.h"
#include "net/listen.h"
#include "net/peer_name.h"

namespace logmill {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr int kPortsToTry = 32;
constexpr KernelBuffers kForStreams{.send_bytes = 4 * 1024, .receive_bytes = 128 * 1024};
constexpr KernelBuffers kForDatagrams{.send_bytes = 4 * 1024, .receive_bytes = 8 * 1024 * 1024};

class AsioListener final : public ByteListener {
 public:
  AsioListener(ByteListenerOptions options, ByteCallbacks callbacks) : shared_{std::move(options), std::move(callbacks)} {
    shared_.options.max_connections = ConnectionLimit(shared_.options.max_connections);
  }

  ~AsioListener() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  // What is wrong with the address, or "". A port that the system chose for TCP may be taken for UDP: then another one is tried.
  std::string Open() {
    std::string error;
    for (int i = 0; i < kPortsToTry; ++i) {
      if (error = TryOpen(); error.empty() || !shared_.options.address.ends_with(":0")) return error;
    }
    return error;
  }

  void Run() {
    if (door_) door_->Open();
    if (datagrams_) datagrams_->Run();
    thread_ = std::thread([this] { Serve(); });
  }

  [[nodiscard]] uint16_t port() const override { return port_; }
  [[nodiscard]] size_t connection_count() const override { return shared_.connections; }

 private:
  std::string TryOpen() {
    const ListenAddress where{shared_.options.address, shared_.options.setting};
    door_.reset();
    port_ = 0;
    if (shared_.options.tcp) {
      auto acceptor = ListenTcp(io_, where, kForStreams);
      if (!acceptor) return acceptor.error();
      door_.emplace(std::move(*acceptor), Door::Callbacks{[this](tcp::socket socket) { Admit(std::move(socket)); }, [] { return false; }});
      port_ = door_->port();
    }
    if (!shared_.options.udp) return "";
    auto socket = BindUdp(io_, where, port_, kForDatagrams);
    if (!socket) return socket.error();
    port_ = socket->local_endpoint().port();
    datagrams_.emplace(std::move(*socket), shared_.callbacks);
    return "";
  }

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

  void Admit(tcp::socket socket) {
    if (shared_.connections >= shared_.options.max_connections) return shared_.callbacks.refused();
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error || socket.non_blocking(true, error)) return;
    auto handler = shared_.callbacks.connected(PeerName(peer.address()));
    std::make_shared<ByteConnection>(std::move(socket), std::move(handler), shared_)->Run();
  }

  // Connections live in operations of io_ and end with it: what their ends touch stands above it.
  ByteShared shared_;
  net::io_context io_{1};
  std::optional<Door> door_;
  std::optional<DatagramSocket> datagrams_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

std::expected<std::unique_ptr<ByteListener>, std::string> ByteListener::Start(ByteListenerOptions options, ByteCallbacks callbacks) {
  try {
    auto listener = std::make_unique<AsioListener>(std::move(options), std::move(callbacks));
    if (auto error = listener->Open(); !error.empty()) return std::unexpected(std::move(error));
    listener->Run();
    return listener;
  } catch (const std::exception& e) {
    return std::unexpected(std::string("cannot start listening: ") + e.what());
  }
}

}  // namespace logmill
