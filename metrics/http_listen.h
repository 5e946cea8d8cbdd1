// From the address that a user wrote to a socket that listens there. Internal to http_server.cc: Boost's types stay in these files.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <string>

#include "metrics/http_server.h"

namespace logmill {

// Resolves, binds and listens; non-blocking. Its connections inherit small kernel buffers, so that clients that do not read stay cheap.
// Or "127.0.0.1:8081: what is wrong: what would be right".
std::expected<boost::asio::ip::tcp::acceptor, std::string> Listen(boost::asio::io_context& io, const HttpListener& listener);

}  // namespace logmill
