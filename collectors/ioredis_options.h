// The options object of ioredis, Gallery's client of Redis, as REDIS_URL=ioredis://... carries it.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/redis_options.h"

namespace logmill {

// `encoded` is base64 of a JSON object (https://redis.github.io/ioredis/interfaces/CommonRedisOptions.html). Of its members host, port,
// path, username, password, db and tls are used; what else a client can be told is ignored; null is as if it were absent. Several servers
// (sentinels, a cluster) are an error. Errors repeat nothing of the text.
std::expected<RedisOptions, std::string> ReadIoredisOptions(std::string_view encoded);

// The bytes that base64 stands for, in the usual alphabet or that of URLs, with or without "=" at the end; white space is ignored.
std::optional<std::string> DecodeBase64(std::string_view encoded);

}  // namespace logmill
