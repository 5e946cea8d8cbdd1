// Heads of requests and answers: what goes between Beast's types and ours. Internal to net/.
#pragma once

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"

namespace logmill {

using HttpHead = boost::beast::http::request<boost::beast::http::buffer_body>;

// An answer that the server gives by itself: `sentence` has its final period.
HttpResponse Refusal(const HttpListener& listener, unsigned status, std::string_view sentence);

// The refusal that follows from the head alone, if any.
std::optional<HttpResponse> RefusalOfHead(const HttpHead& head, const HttpListener& listener);

// The answer to what Beast refused to read, or nothing when the connection is to be dropped (closed, timed out).
std::optional<HttpResponse> RefusalOfError(boost::system::error_code error, const HttpListener& listener);

// Whether more than the head is sent.
bool HasBody(const HttpHead& head);
// Whether the client waits for leave to send the body.
bool WaitsForContinue(const HttpHead& head);

// The handler's answer; 500 when it throws.
HttpResponse Ask(const HttpHandler& handler, const HttpListener& listener, const HttpHead& head, std::string_view peer,
                 std::string_view body);

// An answer's head, as it is sent.
std::string HeadText(const HttpResponse& response, const HttpListener& listener, bool keep_alive);

}  // namespace logmill
