#include "metrics/http_listen.h"

#include <boost/asio/ip/v6_only.hpp>
#include <charconv>
#include <string_view>
#include <utility>

namespace logmill {
namespace {

namespace net = boost::asio;
namespace errc = boost::system::errc;
using boost::system::error_code;
using net::ip::tcp;

// The kernel's memory a connection, each way: bounded, instead of growing with a client's window.
constexpr int kSendBufferBytes = 64 * 1024;
constexpr int kReceiveBufferBytes = 16 * 1024;

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

std::expected<tcp::endpoint, error_code> Resolve(net::io_context& io, const HostAndPort& place) {
  if (place.host.empty()) return tcp::endpoint(tcp::v6(), place.port);
  // By its definition (RFC 6761), whatever the machine's resolver knows.
  if (place.host == "localhost") return tcp::endpoint(net::ip::address_v4::loopback(), place.port);
  error_code error;
  const auto address = net::ip::make_address(place.host, error);
  if (!error) return tcp::endpoint(address, place.port);
  const auto found = tcp::resolver(io).resolve(place.host, std::to_string(place.port), tcp::resolver::numeric_service, error);
  if (error || found.empty()) return std::unexpected(error ? error : net::error::host_not_found);
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

error_code Open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.close(error);
  if (acceptor.open(endpoint.protocol(), error)) return error;
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // Connections inherit these.
  acceptor.set_option(net::socket_base::send_buffer_size(kSendBufferBytes), error);
  acceptor.set_option(net::socket_base::receive_buffer_size(kReceiveBufferBytes), error);
  if (endpoint.address().is_v6()) acceptor.set_option(net::ip::v6_only(!endpoint.address().is_unspecified()), error);
  if (acceptor.bind(endpoint, error)) return error;
  if (acceptor.listen(net::socket_base::max_listen_connections, error)) return error;
  acceptor.non_blocking(true, error);
  return error;
}

std::string Explain(error_code error, const HttpListener& listener) {
  std::string message = error.message();
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') message[0] = static_cast<char>(message[0] - 'A' + 'a');
  const std::string choose = "choose another port" + (listener.setting.empty() ? "" : " with " + listener.setting);
  if (error == net::error::address_in_use) return message + ": another program listens there; " + choose;
  if (error == net::error::access_denied) return message + ": ports below 1024 are for privileged programs; " + choose;
  if (error == errc::address_not_available) return message + ": no interface of this machine has that address";
  return message;
}

}  // namespace

std::expected<tcp::acceptor, std::string> Listen(net::io_context& io, const HttpListener& listener) {
  const auto place = SplitAddress(listener.address);
  if (!place) return std::unexpected(listener.address + ": " + place.error());
  const auto endpoint = Resolve(io, *place);
  if (!endpoint) return std::unexpected(listener.address + ": " + Explain(endpoint.error(), listener));
  tcp::acceptor acceptor(io);
  error_code error = Open(acceptor, *endpoint);
  const bool no_ipv6 = error == net::error::address_family_not_supported || error == errc::address_not_available;
  if (no_ipv6 && place->host.empty()) error = Open(acceptor, {tcp::v4(), place->port});
  if (error) return std::unexpected(listener.address + ": " + Explain(error, listener));
  return acceptor;
}

}  // namespace logmill
