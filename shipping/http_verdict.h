// What an answer, or its absence, means for a batch: as far as it is the same for all stores.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "shipping/destination.h"

namespace logmill {

// 429: kRetry kThrottled with Retry-After. 5xx and 408: kRetry kServerError, likewise. 401, 403, 407: kRetry kDenied. 404: kRetry
// kNotFound. 3xx: kRetry kOther, and where to. No status at all, or IsOfAnother(): kRetry kBroken. nullopt: the protocol says (2xx, 400,
// 409, 413, 422 and other 4xx). `url`: what was asked; its query and user are not repeated.
std::optional<Delivery> Classify(const HttpReply& reply, const std::string& url);
// No log store says this: a page for people (a gateway's, a proxy's, that of a login), words about TLS where none was spoken, an error of
// which nothing but its status is said. It is not about the records. A 413 is believed, whoever says it.
bool IsOfAnother(const HttpReply& reply);
// It says that it is JSON, or begins like it, and is none: half an answer.
bool IsBrokenJson(const HttpReply& reply);
// kRetry with its reason.
Delivery Classify(const HttpError& error);

// "http://loki:3100/...: 429 Too Many Requests: too many streams", for words of a protocol as well.
std::string Describe(const HttpReply& reply, const std::string& url);
// "429 Too Many Requests: too many streams"
std::string Describe(const HttpReply& reply);
// The beginning of an answer's body for people: one line of valid UTF-8, at most 300 characters, control characters gone.
std::string Excerpt(std::string_view body);

}  // namespace logmill
