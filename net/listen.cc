#include "net/listen.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <charconv>
#include <string_view>
#include <type_traits>
#include <utility>

namespace logmill {
namespace {

namespace net = boost::asio;
namespace errc = boost::system::errc;
using boost::system::error_code;
using net::ip::tcp;
using net::ip::udp;

struct HostAndPort {
  std::string host;  // "" = all interfaces
  uint16_t port = 0;
};

std::expected<HostAndPort, std::string> SplitAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return std::unexpected("not an address; write HOST:PORT, for example 127.0.0.1:8081, [::1]:8081 or :8081");
  HostAndPort result{.host = std::string(address.substr(0, colon))};
  const std::string_view port = address.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.begin(), port.end(), result.port);
  if (error != std::errc() || end != port.end()) return std::unexpected("the port has to be a number from 0 to 65535");
  if (result.host.starts_with('[') && result.host.ends_with(']')) {
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find(':') != std::string::npos) {
    return std::unexpected("an IPv6 address needs brackets, for example [::1]:8081");
  }
  return result;
}

struct Endpoint {
  net::ip::address address;
  uint16_t port = 0;
};

std::expected<Endpoint, error_code> Resolve(net::io_context& io, const HostAndPort& place) {
  if (place.host.empty()) return Endpoint{net::ip::address_v6::any(), place.port};
  // By its definition (RFC 6761), whatever the machine's resolver knows.
  if (place.host == "localhost") return Endpoint{net::ip::address_v4::loopback(), place.port};
  error_code error;
  const auto address = net::ip::make_address(place.host, error);
  if (!error) return Endpoint{address, place.port};
  const auto found = tcp::resolver(io).resolve(place.host, std::to_string(place.port), tcp::resolver::numeric_service, error);
  if (error || found.empty()) return std::unexpected(error ? error : net::error::host_not_found);
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return Endpoint{entry.endpoint().address(), place.port};
  }
  return Endpoint{found.begin()->endpoint().address(), place.port};
}

// What TCP and UDP have in common, up to bind().
template <typename Socket>
error_code Bind(Socket& socket, const Endpoint& endpoint, KernelBuffers buffers) {
  const typename Socket::endpoint_type place(endpoint.address, endpoint.port);
  error_code error;
  socket.close(error);
  if (socket.open(place.protocol(), error)) return error;
  socket.set_option(net::socket_base::send_buffer_size(buffers.send_bytes), error);
  socket.set_option(net::socket_base::receive_buffer_size(buffers.receive_bytes), error);
  if (endpoint.address.is_v6()) socket.set_option(net::ip::v6_only(!endpoint.address.is_unspecified()), error);
  if constexpr (std::is_same_v<Socket, tcp::acceptor>) socket.set_option(tcp::acceptor::reuse_address(true), error);
  if (socket.bind(place, error)) return error;
  socket.non_blocking(true, error);
  return error;
}

// Where a machine has no IPv6, all interfaces are those of IPv4.
template <typename Socket>
error_code BindAny(Socket& socket, const HostAndPort& place, Endpoint endpoint, KernelBuffers buffers) {
  const error_code error = Bind(socket, endpoint, buffers);
  const bool no_ipv6 = error == net::error::address_family_not_supported || error == errc::address_not_available;
  if (!no_ipv6 || !place.host.empty()) return error;
  endpoint.address = net::ip::address_v4::any();
  return Bind(socket, endpoint, buffers);
}

std::string Explain(error_code error, const ListenAddress& where) {
  std::string message = error.message();
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') message[0] = static_cast<char>(message[0] - 'A' + 'a');
  const std::string choose = "choose another port" + (where.setting.empty() ? "" : " with " + where.setting);
  if (error == net::error::address_in_use) return message + ": another program listens there; " + choose;
  if (error == net::error::access_denied) return message + ": ports below 1024 are for privileged programs; " + choose;
  if (error == errc::address_not_available) return message + ": no interface of this machine has that address";
  return message;
}

template <typename Socket>
std::expected<Socket, std::string> OpenAt(net::io_context& io, const ListenAddress& where, uint16_t port, KernelBuffers buffers) {
  const auto place = SplitAddress(where.address);
  if (!place) return std::unexpected(where.address + ": " + place.error());
  auto endpoint = Resolve(io, *place);
  if (!endpoint) return std::unexpected(where.address + ": " + Explain(endpoint.error(), where));
  if (port != 0) endpoint->port = port;
  Socket socket(io);
  error_code error = BindAny(socket, *place, *endpoint, buffers);
  if constexpr (std::is_same_v<Socket, tcp::acceptor>) {
    if (!error) socket.listen(net::socket_base::max_listen_connections, error);
  }
  if (error) return std::unexpected(where.address + ": " + Explain(error, where));
  return socket;
}

}  // namespace

std::expected<tcp::acceptor, std::string> ListenTcp(net::io_context& io, const ListenAddress& where, KernelBuffers buffers) {
  return OpenAt<tcp::acceptor>(io, where, 0, buffers);
}

std::expected<udp::socket, std::string> BindUdp(net::io_context& io, const ListenAddress& where, uint16_t port, KernelBuffers buffers) {
  return OpenAt<udp::socket>(io, where, port, buffers);
}

size_t ConnectionLimit(size_t most) {
  rlimit files{};
  return getrlimit(RLIMIT_NOFILE, &files) == 0 ? std::min<size_t>(most, files.rlim_cur / 2) : most;
}

}  // namespace logmill
