#include "shipping/loki_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

namespace logmill {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kMostListed = 10'000;  // Loki itself lists 10, unless its max_returned_stream_errors says otherwise

constexpr std::array<std::pair<std::string_view, LokiComplaint>, 12> kPhrases{{
    {"includes structured metadata, but this feature is disallowed", LokiComplaint::kMetadata},
    {"has structured metadata too large", LokiComplaint::kMetadata},
    {"has too many structured metadata labels", LokiComplaint::kMetadata},
    {"required to store Structured Metadata", LokiComplaint::kMetadata},
    {"unmarshalerDecoder", LokiComplaint::kMetadata},       // Loki before 2.9 does not know a third element of a value in JSON
    {"message larger than max", LokiComplaint::kTooLarge},  // gRPC's words, received or trying to send
    {"rate limit exceeded", LokiComplaint::kThrottled},
    {"aximum active stream limit exceeded", LokiComplaint::kThrottled},  // Maximum; maximum since 3.6
    {"ingestion blocked for user", LokiComplaint::kDenied},
    {"label names; limit", LokiComplaint::kDenied},
    {"missing required labels", LokiComplaint::kDenied},
    {"no org id", LokiComplaint::kDenied},
}};

// Reads a text from its front.
class Text {
 public:
  explicit Text(std::string_view text) : text_(text) {}

  bool Take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Decimal digits, exactly `digits` of them; 0: at least one.
  std::optional<int64_t> Number(size_t digits = 0) {
    const std::string_view number = digits == 0 ? text_ : text_.substr(0, digits);
    int64_t value = 0;
    if (number.empty() || number[0] == '-') return std::nullopt;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || (digits != 0 && (number.size() < digits || end != number.data() + digits))) return std::nullopt;
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return value;
  }
  // Digits behind a decimal point, as billionths.
  int64_t Fraction() {
    int64_t value = 0;
    int64_t unit = kSecond;
    for (; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; text_.remove_prefix(1)) {
      unit /= 10;
      value += unit * (text_[0] - '0');
    }
    return value;
  }

 private:
  std::string_view text_;
};

// +01:00, +0100 or Z, in seconds.
std::optional<int64_t> ReadOffset(Text& text) {
  if (text.Take('Z')) return 0;
  const bool west = text.Take('-');
  if (!west && !text.Take('+')) return std::nullopt;
  const auto hours = text.Number(2);
  text.Take(':');
  const auto minutes = text.Number(2);
  if (!hours || !minutes) return std::nullopt;
  return (west ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

std::optional<int64_t> ReadDay(Text& text) {
  const auto year = text.Number(4);
  if (!year || !text.Take('-')) return std::nullopt;
  const auto month = text.Number(2);
  if (!month || !text.Take('-')) return std::nullopt;
  const auto day = text.Number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * 86'400;
}

// 2024-05-07T10:25:30Z, and as Go prints a time: 2024-05-06 15:58:50.123 +0000 UTC. In nanoseconds; nothing when it is out of their range.
std::optional<int64_t> ReadTime(std::string_view words) {
  Text text(words);
  const auto day = ReadDay(text);
  if (!day || (!text.Take('T') && !text.Take(' '))) return std::nullopt;
  const auto hour = text.Number(2);
  if (!hour || !text.Take(':')) return std::nullopt;
  const auto minute = text.Number(2);
  if (!minute || !text.Take(':')) return std::nullopt;
  const auto second = text.Number(2);
  if (!second) return std::nullopt;
  const int64_t fraction = text.Take('.') ? text.Fraction() : 0;
  text.Take(' ');
  const auto offset = ReadOffset(text);
  if (!offset) return std::nullopt;
  const int64_t seconds = *day + *hour * 3600 + *minute * 60 + *second - *offset;
  if (std::abs(seconds) >= std::numeric_limits<int64_t>::max() / kSecond) return std::nullopt;
  return seconds * kSecond + fraction;
}

// Without what stands in double quotes: values of labels, which anybody may have written.
std::string WithoutQuoted(std::string_view body) {
  std::string text;
  bool quoted = false;
  for (size_t i = 0; i < body.size(); ++i) {
    if (quoted && body[i] == '\\') {
      ++i;
    } else if (body[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      text += body[i];
    }
  }
  return text;
}

// Calls take(what follows) for each occurrence of `phrase`.
template <typename Take>
void ForEach(std::string_view body, std::string_view phrase, const Take& take) {
  for (size_t at = body.find(phrase); at != std::string_view::npos; at = body.find(phrase, at)) {
    at += phrase.size();
    take(body.substr(at));
  }
}

// What the sentences say of an entry.
struct Limits {
  int64_t oldest_ns = std::numeric_limits<int64_t>::min();  // acceptable
  int64_t longest = std::numeric_limits<int64_t>::max();    // bytes of a line
  std::unordered_set<int64_t> times_ns = {};                // of ignored entries

  [[nodiscard]] bool Refuse(const ShipRecord& record) const {
    return record.time_ns < oldest_ns || std::cmp_greater(record.line.size(), longest) || times_ns.contains(record.time_ns);
  }
};

Limits ReadLimits(std::string_view body) {
  Limits limits;
  ForEach(body, "oldest acceptable timestamp is: ", [&](std::string_view words) {
    if (const auto time = ReadTime(words)) limits.oldest_ns = std::max(limits.oldest_ns, *time);
  });
  ForEach(body, "ax entry size '", [&](std::string_view words) {  // Max; max since 3.6
    if (const auto bytes = Text(words).Number()) limits.longest = std::min(limits.longest, *bytes);
  });
  ForEach(body, "entry with timestamp ", [&](std::string_view words) {
    const auto time = ReadTime(words);
    if (time && limits.times_ns.size() < kMostListed) limits.times_ns.insert(*time);
  });
  return limits;
}

// "total ignored: 3 out of 10".
struct Total {
  int64_t ignored = -1;
  int64_t of = -1;
};

Total ReadTotal(std::string_view body) {
  Total total;
  ForEach(body, "total ignored: ", [&](std::string_view words) { total.ignored = Text(words).Number().value_or(-1); });
  ForEach(body, " out of ", [&](std::string_view words) { total.of = Text(words).Number().value_or(-1); });
  return total;
}

// "... (limit: 1024 bytes/sec) while attempting to ingest '7' lines totaling '2048' bytes".
bool IsAboveLimit(std::string_view body) {
  std::optional<int64_t> limit;
  std::optional<int64_t> total;
  ForEach(body, "(limit: ", [&](std::string_view words) { limit = Text(words).Number(); });
  ForEach(body, " totaling '", [&](std::string_view words) { total = Text(words).Number(); });
  return limit && total && *total > *limit;
}

}  // namespace

LokiComplaint ReadLokiComplaint(std::string_view body) {
  const std::string words = WithoutQuoted(body);
  if (words.find("ngestion rate limit exceeded") != std::string::npos && IsAboveLimit(words)) return LokiComplaint::kTooMuch;
  for (const auto& [phrase, complaint] : kPhrases) {
    if (words.find(phrase) != std::string::npos) return complaint;
  }
  return LokiComplaint::kEntries;
}

LokiRefusal ReadLokiRefusal(std::string_view body, std::span<const size_t> pushed, std::span<const ShipRecord> batch) {
  const std::string words = WithoutQuoted(body);
  const Limits limits = ReadLimits(words);
  LokiRefusal refusal;
  for (const size_t index : pushed) {
    if (limits.Refuse(batch[index])) refusal.records.push_back(index);
  }
  const Total total = ReadTotal(words);
  // Where entries have to come in order, those that were taken would be refused the next time. Otherwise what lacks in the total may have
  // been refused by another part of Loki, whose words did not get here.
  const bool ordered = words.find("entry out of order") != std::string::npos;
  refusal.complete = std::cmp_equal(refusal.records.size(), total.ignored) && (ordered || std::cmp_equal(pushed.size(), total.of));
  return refusal;
}

}  // namespace logmill
