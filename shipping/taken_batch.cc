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
  beginnings_.push_back({.origin = whence.origin,
                         .now_ms = whence.now_ms,
                         .catching_up = whence.catching_up,
                         .source = used_,
                         .source_size = whence.source.size(),
                         .stream_size = whence.stream.size()});
  Put(whence.source);
  Put(whence.stream);
  lent_ = whence.lent.bytes;
  lent_bytes_ += lent_.size();
  if (whence.lent.owner != nullptr) owners_.push_back(whence.lent.owner);
}

void TakenBatch::Add(const Record& record, int64_t time_ms, uint64_t place, std::string_view lane) {
  Room(record.line.size() + record.level.size() + record.context.size() + record.message.text.size() + lane.size());
  const bool lent = StandsIn(lent_, record.line);
  const size_t texts = used_;
  const size_t line = lent ? 0 : record.line.size();  // of the texts
  if (!lent) Put(record.line);
  const auto behind = [&] { return static_cast<uint32_t>(record.line.size() + used_ - texts - line); };
  const auto put = [&](std::string_view text) {
    const auto size = static_cast<uint32_t>(text.size());
    if (StandsIn(record.line, text)) return Text{static_cast<uint32_t>(text.data() - record.line.data()), size};
    const Text put{behind(), size};
    Put(text);
    return put;
  };
  entries_.push_back({.lent = lent ? record.line.data() : nullptr,
                      .texts = texts,
                      .time_ms = time_ms,
                      .place = place,
                      .pid = record.pid.value_or(0),
                      .line_size = static_cast<uint32_t>(record.line.size()),
                      .level = put(record.level),
                      .context = put(record.context),
                      .message = put(record.message.text),
                      .lane = put(lane),
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
  const char* const texts = buffer_.data() + entry.texts;
  const std::string_view line{entry.lent == nullptr ? texts : entry.lent, entry.line_size};
  const char* const behind = entry.lent == nullptr ? texts + line.size() : texts;
  const auto text_at = [&](Text text) -> std::string_view {
    return {text.at < line.size() ? line.data() + text.at : behind + (text.at - line.size()), text.size};
  };
  const std::string_view source{buffer_.data() + beginning.source, beginning.source_size};
  const std::string_view stream{source.data() + source.size(), beginning.stream_size};
  TakenRecord taken{.record = {.time_ns = entry.time_ms * kNanoseconds,
                               .read_ms = beginning.now_ms,
                               .format = entry.format,
                               .cut = entry.cut,
                               .console = entry.console,
                               .message_type = entry.message_type,
                               .level = text_at(entry.level),
                               .context = text_at(entry.context),
                               .message = text_at(entry.message),
                               .source = source,
                               .stream = stream.empty() ? text_at(entry.lane) : stream,
                               .line = line},
                    .origin = beginning.origin,
                    .place = entry.place,
                    .catching_up = beginning.catching_up};
  if (entry.has_pid) taken.record.pid = entry.pid;
  return taken;
}

void TakenBatch::Clear() {
  used_ = lent_bytes_ = 0;
  lent_ = {};
  owners_.clear();
  beginnings_.clear();
  entries_.clear();
}

void TakenBatch::Room(size_t bytes) {
  if (buffer_.size() - used_ < bytes) buffer_.resize(std::max(2 * buffer_.size(), used_ + bytes));
}

void TakenBatch::Put(std::string_view text) {
  if (!text.empty()) std::memcpy(buffer_.data() + used_, text.data(), text.size());
  used_ += text.size();
}

}  // namespace logmill
