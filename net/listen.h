// From the address that a user wrote to a socket that listens there. Internal to net/: Boost's types stay in these files.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

namespace logmill {

struct ListenAddress {
  std::string address;  // as HttpListener::address
  std::string setting;  // what a user changes to move the port, for error texts; may be ""
};

// Kernel memory a connection (or of a UDP socket, which may get less), each way: bounded, instead of growing with a client's window.
struct KernelBuffers {
  int send_bytes = 64 * 1024;
  int receive_bytes = 16 * 1024;
};

// Resolves, binds and listens; non-blocking. Its connections inherit the buffers.
// Or "127.0.0.1:8081: what is wrong: what would be right".
std::expected<boost::asio::ip::tcp::acceptor, std::string> ListenTcp(boost::asio::io_context& io, const ListenAddress& where,
                                                                     KernelBuffers buffers);

// Resolves and binds; non-blocking. `port` 0: the one of the address.
std::expected<boost::asio::ip::udp::socket, std::string> BindUdp(boost::asio::io_context& io, const ListenAddress& where, uint16_t port,
                                                                 KernelBuffers buffers);

// `most`, but never more than half of the files that the process may have open.
size_t ConnectionLimit(size_t most);

}  // namespace logmill
