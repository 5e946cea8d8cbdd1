// What an answer, or its absence, means for a batch: as far as it is the same for all stores.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "shipping/destination.h"

namespace logmill {

// 429: kRetry kThrottled with Retry-After. 5xx and 408: kRetry kServerError, likewise. 401, 403, 407: kRetry kDenied. 404: kRetry
// kNotFound. 3xx: kRetry kOther, and where to. No status at all: kRetry kBroken. nullopt: the protocol says (2xx, 400, 409, 413, 422 and
// other 4xx). `url`: what was asked; its query and user are not repeated.
std::optional<Delivery> Classify(const HttpReply& reply, const std::string& url);
// kRetry with its reason.
Delivery Classify(const HttpError& error);

// "http://loki:3100/...: 429 Too Many Requests: too many streams", for words of a protocol as well.
std::string Describe(const HttpReply& reply, const std::string& url);
// The beginning of an answer's body for people: one line of valid UTF-8, at most 300 characters, control characters gone.
std::string Excerpt(std::string_view body);

}  // namespace logmill
