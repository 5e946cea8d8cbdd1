// Accepts the connections of one TCP address. Internal to net/.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>

namespace logmill {

// Server thread only, but for port(). Lives as long as its io_context runs.
class Door {
 public:
  struct Callbacks {
    std::function<void(boost::asio::ip::tcp::socket)> admit;
    // No file is left for a new connection: closes one that can be spared. False when there is none.
    std::function<bool()> make_room;
  };

  Door(boost::asio::ip::tcp::acceptor acceptor, Callbacks callbacks);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // From now on clients are let in.
  void Open();
  // No more of them.
  void Close();
  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  void Accept();
  void OpenLater();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer back_off_;
  const Callbacks callbacks_;
  const uint16_t port_;
};

}  // namespace logmill
