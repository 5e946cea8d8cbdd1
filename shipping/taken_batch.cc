#include "shipping/taken_batch.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace logmill {
namespace {

constexpr int64_t kNanoseconds = 1'000'000;  // of a millisecond

bool StandsIn(std::string_view line, std::string_view text) {
  const std::less_equal<const char*> before{};
  return before(line.data(), text.data()) && before(text.data() + text.size(), line.data() + line.size());
}

}  // namespace

void TakenBatch::Begin(const Whence& whence) {
  Room(whence.source.size() + whence.stream.size());
  const size_t texts = used_;
  beginnings_.push_back({.origin = whence.origin,
                         .now_ms = whence.now_ms,
                         .catching_up = whence.catching_up,
                         .texts = texts,
                         .source = Put(texts, whence.source),
                         .stream = Put(texts, whence.stream)});
}

void TakenBatch::Add(const Record& record, int64_t time_ms, uint64_t place, std::string_view lane) {
  Room(record.line.size() + record.level.size() + record.context.size() + record.message.text.size() + lane.size());
  const size_t texts = used_;
  const Text line = Put(texts, record.line);
  const auto put = [&](std::string_view text) {
    if (!StandsIn(record.line, text)) return Put(texts, text);
    return Text{static_cast<uint32_t>(text.data() - record.line.data()), static_cast<uint32_t>(text.size())};
  };
  entries_.push_back({.texts = texts,
                      .time_ms = time_ms,
                      .place = place,
                      .pid = record.pid.value_or(0),
                      .line = line,
                      .level = put(record.level),
                      .context = put(record.context),
                      .message = put(record.message.text),
                      .lane = Put(texts, lane),
                      .beginning = static_cast<uint32_t>(beginnings_.size() - 1),
                      .format = record.format,
                      .message_type = record.message.type,
                      .cut = record.cut,
                      .console = record.console,
                      .has_pid = record.pid.has_value()});
}

TakenRecord TakenBatch::At(size_t i) const {
  const Entry& entry = entries_[i];
  const Beginning& beginning = beginnings_[entry.beginning];
  const std::string_view stream = TextAt(beginning.texts, beginning.stream);
  TakenRecord taken{.record = {.time_ns = entry.time_ms * kNanoseconds,
                               .read_ms = beginning.now_ms,
                               .format = entry.format,
                               .cut = entry.cut,
                               .console = entry.console,
                               .message_type = entry.message_type,
                               .level = TextAt(entry.texts, entry.level),
                               .context = TextAt(entry.texts, entry.context),
                               .message = TextAt(entry.texts, entry.message),
                               .source = TextAt(beginning.texts, beginning.source),
                               .stream = stream.empty() ? TextAt(entry.texts, entry.lane) : stream,
                               .line = TextAt(entry.texts, entry.line)},
                    .origin = beginning.origin,
                    .place = entry.place,
                    .catching_up = beginning.catching_up};
  if (entry.has_pid) taken.record.pid = entry.pid;
  return taken;
}

void TakenBatch::Clear() {
  used_ = 0;
  beginnings_.clear();
  entries_.clear();
}

void TakenBatch::Room(size_t bytes) {
  if (buffer_.size() - used_ < bytes) buffer_.resize(std::max(2 * buffer_.size(), used_ + bytes));
}

TakenBatch::Text TakenBatch::Put(size_t texts, std::string_view text) {
  if (!text.empty()) std::memcpy(buffer_.data() + used_, text.data(), text.size());
  const Text put{static_cast<uint32_t>(used_ - texts), static_cast<uint32_t>(text.size())};
  used_ += text.size();
  return put;
}

}  // namespace logmill
