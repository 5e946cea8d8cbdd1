// The IP address of a peer as text. Internal to net/.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

namespace logmill {

// An IPv4 client of an IPv6 socket is named by its IPv4 address.
inline std::string PeerName(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  return mapped ? ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string() : address.to_string();
}

}  // namespace logmill
