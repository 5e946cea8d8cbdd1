#include "collectors/queue_discovery.h"

#include <algorithm>
#include <utility>

namespace logmill {
namespace {

constexpr std::string_view kMeta = ":meta";

// For MATCH, whose patterns are those of a shell.
std::string EscapedPattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("*?[]\\^-").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

bool IsScanReply(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ARRAY && reply.elements == 2 && reply.element[0]->type == REDIS_REPLY_STRING &&
         reply.element[1]->type == REDIS_REPLY_ARRAY;
}

}  // namespace

QueueDiscovery::QueueDiscovery(const QueueOptions& options)
    : options_(options), room_(options.max_queues - std::min(options.max_queues, options.queues.size())) {}

Redis::Command QueueDiscovery::Step() const {
  return {
      "SCAN", cursor_, "MATCH", EscapedPattern(options_.prefix) + ":*" + std::string(kMeta), "COUNT", std::to_string(options_.scan_count)};
}

std::expected<bool, std::string> QueueDiscovery::Take(const redisReply& reply) {
  if (!IsScanReply(reply)) return std::unexpected("it answered SCAN with something else");
  const redisReply& keys = *reply.element[1];
  for (size_t i = 0; i < keys.elements; ++i) {
    if (keys.element[i]->type == REDIS_REPLY_STRING) Meet({keys.element[i]->str, keys.element[i]->len});
  }
  cursor_.assign(reply.element[0]->str, reply.element[0]->len);
  if (cursor_ != "0") return false;
  EndCycle();
  return true;
}

void QueueDiscovery::Meet(std::string_view key) {
  const size_t before = options_.prefix.size() + 1;
  if (key.size() <= before + kMeta.size() || !key.starts_with(options_.prefix) || !key.ends_with(kMeta)) return;
  const std::string_view name = key.substr(before, key.size() - before - kMeta.size());
  if (name.find(':') != std::string_view::npos || std::ranges::find(options_.queues, name) != options_.queues.end()) return;
  if (!IsPlainQueueName(name)) {
    left_out_.unplain = true;
  } else if (known_.contains(std::string(name)) || known_.size() < room_) {
    known_.emplace(name);
    met_.emplace(name);
  } else {
    left_out_.too_many = true;
  }
}

void QueueDiscovery::EndCycle() {
  known_ = std::exchange(met_, {});
  last_left_out_ = std::exchange(left_out_, {});
}

void QueueDiscovery::StartOver() {
  cursor_ = "0";
  met_.clear();
  left_out_ = {};
}

std::vector<std::string> QueueDiscovery::Notices() const {
  std::vector<std::string> notices;
  if (left_out_.unplain || last_left_out_.unplain) {
    notices.push_back("queues whose names are no plain words are left out, since a name becomes a label value");
  }
  if (left_out_.too_many || last_left_out_.too_many) {
    notices.push_back("there are more than " + std::to_string(options_.max_queues) + " queues; the rest is left out");
  }
  return notices;
}

}  // namespace logmill
