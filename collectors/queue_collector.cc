#include "collectors/queue_collector.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "collectors/redis_error.h"

namespace logmill {
namespace {

using SteadyClock = std::chrono::steady_clock;

// What may be wrong with one queue alone.
bool IsOfOneQueue(std::string_view error) { return error.starts_with("WRONGTYPE") || error.starts_with("NOPERM"); }

std::string_view ErrorText(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR ? std::string_view(reply.str, reply.len) : std::string_view();
}

std::string Rights(std::string_view error) { return error.starts_with("NOPERM") ? "; docs/queues.md has the rights that it needs" : ""; }

// Of the first job that has a creation time. A job without a hash is none any more: when all jobs are so, there is none.
std::optional<int64_t> AgeSeconds(std::span<const Redis::Reply> timestamps, int64_t now_ms) {
  for (const Redis::Reply& reply : timestamps) {
    if (const auto created_ms = ReadTimestamp(*reply)) return std::max<int64_t>(now_ms - *created_ms, 0) / 1'000;
  }
  return timestamps.size() < kOldestJobs ? std::optional<int64_t>(0) : std::nullopt;
}

// The names of queues that have an age that is not known.
std::vector<std::string> ReadAges(std::span<const Redis::Reply> timestamps, int64_t now_ms, Queues& queues) {
  std::vector<std::string> unknown;
  for (auto& [name, queue] : queues) {
    for (size_t i = 0; i < kAgedStatuses.size(); ++i) {
      const size_t jobs = queue.state.oldest[i].size();
      queue.age_seconds[i] = AgeSeconds(timestamps.first(jobs), now_ms);
      timestamps = timestamps.subspan(jobs);
    }
    if (!std::ranges::all_of(queue.age_seconds, [](const auto& age) { return age.has_value(); })) unknown.push_back(name);
  }
  return unknown;
}

// "queues a, b, c and 7 more".
std::string Named(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  std::string text = names.size() == 1 ? "queue " : "queues ";
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

}  // namespace

QueueCollector::QueueCollector(RedisOptions redis, QueueOptions queues, const Clock& clock)
    : options_(std::move(queues)), clock_(clock), redis_(std::move(redis)), discovery_(options_) {}

std::expected<Collected, std::string> QueueCollector::Collect() {
  const Redis::Turn turn(redis_);
  Collected collected;
  if (scanned_) {
    BeginScan(options_.scan_steps, options_.scan_time);
  } else {
    BeginScan(options_.first_scan_steps, options_.first_scan_time);
    if (Done done = FinishScan(collected); !done) return std::unexpected(done.error());
    scanned_ = true;
  }
  auto queues = AskStates(collected);
  if (!queues) return std::unexpected(queues.error());
  if (Done done = AskAges(*queues, collected); !done) return std::unexpected(done.error());
  if (Done done = FinishScan(collected); !done) return std::unexpected(done.error());
  std::ranges::copy(discovery_.Notices(), std::back_inserter(collected.notices));
  if (!scan_refusal_.empty()) {
    collected.notices.push_back("queues that the configuration does not name are not looked for: " + scan_refusal_);
  }
  if (queues->empty()) {
    collected.notices.push_back(Sentence("no queue has the prefix \"" + options_.prefix + "\""));
  } else {
    AddQueueFamilies(*queues, WantedStatuses(options_), collected.families[IndexOf(Endpoint::kMicroservices)]);
  }
  return collected;
}

void QueueCollector::BeginScan(size_t steps, std::chrono::milliseconds time) { scan_ = {steps, SteadyClock::now() + time, false}; }

QueueCollector::Done QueueCollector::FinishScan(Collected& collected) {
  while (!scan_.ended && scan_.steps > 0 && SteadyClock::now() < scan_.until) {
    if (const auto replies = Ask({}, collected); !replies) return std::unexpected(replies.error());
  }
  return {};
}

QueueCollector::Replies QueueCollector::Ask(std::vector<Redis::Command> commands, Collected& collected) {
  const bool steps = !scan_.ended && scan_.steps > 0;
  if (steps) commands.push_back(discovery_.Step());
  if (commands.empty()) return std::vector<Redis::Reply>();
  const uint64_t connection = redis_.connections();
  auto replies = redis_.Ask(commands);
  if (!replies) {
    discovery_.StartOver();
    return replies;
  }
  collected.rows += replies->size();
  if (!steps) return replies;
  const Redis::Reply answer = std::move(replies->back());
  replies->pop_back();
  if (Done done = TakeStep(*answer, connection == redis_.connections()); !done) return std::unexpected(done.error());
  return replies;
}

QueueCollector::Done QueueCollector::TakeStep(const redisReply& reply, bool same_connection) {
  --scan_.steps;
  scan_refusal_.clear();
  if (const std::string_view error = ErrorText(reply); !error.empty()) {
    const bool forbidden = error.starts_with("NOPERM") || error.starts_with("ERR unknown command");
    if (!forbidden) return std::unexpected(Sentence(RedisErrorPhrase(error, "SCAN")));
    scan_refusal_ = RedisErrorPhrase(error, "SCAN");
    scan_.ended = true;
    return {};
  }
  if (!same_connection && !discovery_.at_start()) {
    discovery_.StartOver();
    return {};
  }
  const auto ended = discovery_.Take(reply);
  if (!ended) return std::unexpected(Sentence(ended.error()));
  scan_.ended = *ended;
  return {};
}

std::vector<std::string> QueueCollector::Names(Collected& collected) const {
  std::set<std::string> names = discovery_.known();
  for (const std::string& name : options_.queues) {
    if (IsPlainQueueName(name)) names.insert(name);
  }
  if (!std::ranges::all_of(options_.queues, IsPlainQueueName)) {
    collected.notices.emplace_back(
        "a queue that the configuration names is left out, since its name, which would become a label value, is no plain word");
  }
  return {names.begin(), names.end()};
}

std::expected<Queues, std::string> QueueCollector::AskStates(Collected& collected) {
  const std::vector<std::string> names = Names(collected);
  std::vector<QueueQuestions> questions;
  std::vector<Redis::Command> commands;
  for (const std::string& name : names) {
    const QueueQuestions& asked = questions.emplace_back(options_, name);
    commands.insert(commands.end(), asked.commands().begin(), asked.commands().end());
  }
  const auto replies = Ask(std::move(commands), collected);
  if (!replies) return std::unexpected(replies.error());
  Queues queues;
  Refusals refusals;
  std::span<const Redis::Reply> unread(*replies);
  for (size_t i = 0; i < names.size(); ++i) {
    const size_t count = questions[i].commands().size();
    auto state = questions[i].Read(unread.first(count));
    unread = unread.subspan(count);
    if (state) {
      queues[names[i]].state = std::move(*state);
    } else {
      refusals.emplace_back(names[i], std::move(state.error()));
    }
  }
  if (Done done = NoteRefusals(refusals, queues.empty(), collected); !done) return std::unexpected(done.error());
  KeepExisting(queues);
  return queues;
}

// A refusal that is not of one queue alone, or of all, is an error.
QueueCollector::Done QueueCollector::NoteRefusals(const Refusals& refusals, bool all, Collected& collected) const {
  std::map<std::string, std::vector<std::string>> left_out;  // names by the reason
  for (const auto& [name, refusal] : refusals) {
    const std::string phrase = RedisErrorPhrase(refusal.error, refusal.command);
    if (!IsOfOneQueue(refusal.error) || all) return std::unexpected(Sentence(phrase + Rights(refusal.error)));
    left_out[phrase].push_back(name);
  }
  for (const auto& [phrase, names] : left_out) collected.notices.push_back(Named(names) + " left out: " + phrase);
  return {};
}

// Those of the configuration are shown with the first sign of any.
void QueueCollector::KeepExisting(Queues& queues) const {
  const bool any = std::ranges::any_of(queues, [](const auto& named) { return named.second.state.exists; });
  std::erase_if(queues, [&](const auto& named) {
    return !any || (!named.second.state.exists && std::ranges::find(options_.queues, named.first) == options_.queues.end());
  });
}

QueueCollector::Done QueueCollector::AskAges(Queues& queues, Collected& collected) {
  std::vector<Redis::Command> commands;
  for (const auto& [name, queue] : queues) {
    for (const auto& jobs : queue.state.oldest) {
      for (const std::string& job : jobs) commands.push_back(AskTimestamp(options_, name, job));
    }
  }
  const auto replies = Ask(std::move(commands), collected);
  if (!replies) return std::unexpected(replies.error());
  for (const Redis::Reply& reply : *replies) {
    const std::string_view error = ErrorText(*reply);
    if (error.empty() || error.starts_with("WRONGTYPE")) continue;
    return std::unexpected(Sentence(RedisErrorPhrase(error, "HGET") + Rights(error)));
  }
  const std::vector<std::string> unknown = ReadAges(*replies, clock_.UnixMillis(), queues);
  if (!unknown.empty()) {
    collected.notices.push_back(Named(unknown) + ": an age is not known, since the oldest jobs there have no creation time");
  }
  return {};
}

}  // namespace logmill
