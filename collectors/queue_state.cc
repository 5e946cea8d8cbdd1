#include "collectors/queue_state.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace logmill {
namespace {

struct StatusKey {
  std::string_view name;
  std::string_view key;
  bool is_list;  // or a sorted set
};

constexpr std::array<StatusKey, kQueueStatusCount> kStatusKeys{{{"active", "active", true},
                                                                {"completed", "completed", false},
                                                                {"failed", "failed", false},
                                                                {"delayed", "delayed", false},
                                                                {"waiting", "wait", true},
                                                                {"paused", "paused", true},
                                                                {"prioritized", "prioritized", false},
                                                                {"waiting-children", "waiting-children", false}}};

// Places of the answers. Those of the counts follow.
enum Answer : size_t { kExists, kPaused, kWaitTail, kPausedTail, kDelayedHead, kFailedHead, kFirstCount };

const StatusKey& KeyOf(QueueStatus status) { return kStatusKeys[static_cast<size_t>(status)]; }

// BullMQ up to version 4 left such an entry at the end of a list. It is no job, and its getJobCounts() does not count it.
bool IsMarker(std::string_view entry) { return entry.starts_with("0:"); }

std::string_view Text(const redisReply& reply) { return {reply.str, reply.len}; }

std::vector<std::string> Texts(const redisReply& array) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < array.elements; ++i) {
    if (array.element[i]->type == REDIS_REPLY_STRING) texts.emplace_back(Text(*array.element[i]));
  }
  return texts;
}

// The last element of a list is its oldest.
std::vector<std::string> OldestOfList(std::vector<std::string> tail) {
  std::ranges::reverse(tail);
  std::erase_if(tail, IsMarker);
  if (tail.size() > kOldestJobs) tail.resize(kOldestJobs);
  return tail;
}

bool IsSound(const redisReply& reply, size_t place) {
  const bool is_array = place >= kWaitTail && place < kFirstCount;
  return reply.type == (is_array ? REDIS_REPLY_ARRAY : REDIS_REPLY_INTEGER);
}

using Answers = std::span<const redisReply* const>;

void ReadCounts(Answers answers, std::span<const QueueStatus> statuses, QueueState& state) {
  auto marked = [&](size_t tail) {
    const std::vector<std::string> texts = Texts(*answers[tail]);
    return !texts.empty() && IsMarker(texts.back());
  };
  for (size_t i = 0; i < statuses.size(); ++i) {
    int64_t count = answers[kFirstCount + i]->integer;
    if (statuses[i] == QueueStatus::kWaiting && marked(kWaitTail)) --count;
    if (statuses[i] == QueueStatus::kPaused && marked(kPausedTail)) --count;
    state.jobs[static_cast<size_t>(statuses[i])] = std::max<int64_t>(count, 0);
  }
}

}  // namespace

std::string_view QueueStatusName(QueueStatus status) { return KeyOf(status).name; }

std::vector<QueueStatus> WantedStatuses(const QueueOptions& options) {
  using enum QueueStatus;
  std::vector<QueueStatus> statuses{kActive, kCompleted, kFailed, kDelayed, kWaiting, kPaused};
  if (options.prioritized) statuses.push_back(kPrioritized);
  if (options.waiting_children) statuses.push_back(kWaitingChildren);
  return statuses;
}

QueueQuestions::QueueQuestions(const QueueOptions& options, std::string_view name)
    : key_(options.prefix + ":" + std::string(name) + ":"), statuses_(WantedStatuses(options)) {
  const std::string tail = std::to_string(-static_cast<int>(kOldestJobs) - 1);  // one may be a marker
  const std::string head = std::to_string(kOldestJobs - 1);
  commands_.push_back({"MULTI"});
  Ask("EXISTS", "meta");
  Ask("HEXISTS", "meta", {"paused"});
  Ask("LRANGE", "wait", {tail, "-1"});
  Ask("LRANGE", "paused", {"-1", "-1"});
  Ask("ZRANGE", "delayed", {"0", head});
  Ask("ZRANGE", "failed", {"0", head});
  for (const QueueStatus status : statuses_) Ask(KeyOf(status).is_list ? "LLEN" : "ZCARD", KeyOf(status).key);
  commands_.push_back({"EXEC"});
}

void QueueQuestions::Ask(std::string_view command, std::string_view part, std::initializer_list<std::string_view> arguments) {
  Redis::Command& words = commands_.emplace_back();
  words.emplace_back(command);
  words.push_back(key_ + std::string(part));
  for (const std::string_view argument : arguments) words.emplace_back(argument);
}

std::expected<QueueState, QueueRefusal> QueueQuestions::Read(std::span<const Redis::Reply> replies) const {
  std::vector<const redisReply*> answers;
  for (const Redis::Reply& reply : replies.subspan(1, replies.size() - 2)) answers.push_back(reply.get());
  if (replies.front()->type != REDIS_REPLY_ERROR) {  // in a transaction: until now only "QUEUED", or why not
    if (const auto refusal = FindRefusal(answers)) return std::unexpected(*refusal);
    const redisReply& all = *replies.back();
    if (all.type == REDIS_REPLY_ERROR) return std::unexpected(QueueRefusal{std::string(Text(all)), "EXEC"});
    answers.assign(all.element, all.element + all.elements);
  }
  if (const auto refusal = FindRefusal(answers)) return std::unexpected(*refusal);
  return ReadAnswers(answers);
}

std::optional<QueueRefusal> QueueQuestions::FindRefusal(Answers answers) const {
  for (size_t i = 0; i < std::min(answers.size(), commands_.size() - 2); ++i) {
    if (answers[i]->type == REDIS_REPLY_ERROR) return QueueRefusal{std::string(Text(*answers[i])), commands_[i + 1][0]};
  }
  return std::nullopt;
}

std::expected<QueueState, QueueRefusal> QueueQuestions::ReadAnswers(Answers answers) const {
  if (answers.size() != commands_.size() - 2) return std::unexpected(QueueRefusal{"another number of answers", "EXEC"});
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!IsSound(*answers[i], i)) return std::unexpected(QueueRefusal{"something else", commands_[i + 1][0]});
  }
  QueueState state;
  ReadCounts(answers, statuses_, state);
  state.exists = answers[kExists]->integer != 0 || std::ranges::any_of(state.jobs, [](int64_t count) { return count > 0; });
  state.paused = answers[kPaused]->integer != 0;
  state.oldest = {OldestOfList(Texts(*answers[kWaitTail])), Texts(*answers[kDelayedHead]), Texts(*answers[kFailedHead])};
  return state;
}

Redis::Command AskTimestamp(const QueueOptions& options, std::string_view queue, std::string_view job) {
  return {"HGET", options.prefix + ":" + std::string(queue) + ":" + std::string(job), "timestamp"};
}

std::optional<int64_t> ReadTimestamp(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING) return std::nullopt;
  int64_t milliseconds = 0;
  const char* const end = reply.str + reply.len;
  const auto [rest, error] = std::from_chars(reply.str, end, milliseconds);
  const bool whole = rest == end || *rest == '.';  // JavaScript's numbers may have a fraction
  return error == std::errc() && whole && milliseconds >= 0 ? std::optional(milliseconds) : std::nullopt;
}

}  // namespace logmill
