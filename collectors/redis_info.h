// The answer to INFO, taken apart: https://redis.io/docs/latest/commands/info/, the same in Redis 6.2 to 7.x and Valkey.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace logmill {

// The fields of an INFO. Lines are "name:value", ended by CR LF or LF; "# Section" and whatever else has no colon is passed over. Any bytes
// are accepted. Of a name that stands there twice the first counts. Views are of the text, which has to outlive them.
class RedisInfo {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  explicit RedisInfo(std::string_view text);

  // "" when it is missing.
  [[nodiscard]] std::string_view Text(std::string_view name) const;
  // Nothing when it is missing or not a number as ParseRedisNumber() has it.
  [[nodiscard]] std::optional<double> Number(std::string_view name) const;
  // The fields whose names begin with `prefix` ("cmdstat_"), without it, in the order of their names.
  [[nodiscard]] std::vector<Field> Under(std::string_view prefix) const;
  [[nodiscard]] size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;  // sorted by name, each once
};

// A finite decimal number from 0 on. INFO's -1 ("never", "not known") is none.
std::optional<double> ParseRedisNumber(std::string_view text);

// "calls=3,usec=12" -> {{"calls", "3"}, {"usec", "12"}}; parts without "=" are passed over.
std::vector<RedisInfo::Field> RedisParts(std::string_view value);

// The number of the first part with that name, if it is one.
std::optional<double> RedisPart(std::string_view value, std::string_view name);

}  // namespace logmill
