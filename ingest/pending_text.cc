#include "ingest/pending_text.h"

#include <algorithm>
#include <limits>

namespace logmill {
namespace {

constexpr size_t kKeptBytes = 1024;  // of a buffer that is not needed now

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

void SaveOptional(const std::optional<int64_t>& number, SavedWriter& out) {
  out.Number(number ? 1 : 0);
  out.Number(static_cast<uint64_t>(number.value_or(0)));
}

std::optional<int64_t> RestoreOptional(SavedReader& in) {
  const bool present = in.Number() != 0;
  const auto number = static_cast<int64_t>(in.Number());
  return present ? std::optional(number) : std::nullopt;
}

}  // namespace

Entry PendingText::entry() const {
  return {std::string_view(text_).substr(0, kept_), cut_, lines_, time_ms_, level_, context_, pid_, place_, lane_};
}

bool PendingText::SaysTheSame(const Entry& line) const { return pid_ == line.pid && level_ == line.level && context_ == line.context; }

void PendingText::Begin(const Entry& line) {
  text_.assign(line.text);
  kept_ = text_.size();
  cut_ = line.cut;
  lines_ = line.lines;
  time_ms_ = line.time_ms;
  level_.assign(line.level);
  context_.assign(line.context);
  pid_ = line.pid;
  place_ = line.place;
  lane_.assign(line.lane);
}

void PendingText::AppendPart(const Entry& part, size_t most_bytes) {
  const size_t room = most_bytes - std::min(most_bytes, text_.size());
  text_.append(part.text.substr(0, room));
  kept_ = text_.size();
  cut_ = cut_ || part.cut || part.text.size() > room;
  lines_ += part.lines;
}

void PendingText::AppendLine(const Entry& line) {
  text_.push_back('\n');
  text_.append(line.text);
  if (!IsBlank(line.text)) kept_ = text_.size();
  cut_ = cut_ || line.cut;
  lines_ += line.lines;
}

void PendingText::Swallow(const Entry& line) {
  cut_ = true;
  lines_ += line.lines;
}

void PendingText::Clear() {
  text_.clear();
  if (text_.capacity() > kKeptBytes) text_.shrink_to_fit();
  kept_ = 0;
  lines_ = 0;
}

void PendingText::Save(SavedWriter& out) const {
  out.Number(lines_);
  if (lines_ == 0) return;
  out.Text(text_);
  out.Number(kept_);
  out.Number(cut_ ? 1 : 0);
  SaveOptional(time_ms_, out);
  out.Text(level_);
  out.Text(context_);
  SaveOptional(pid_, out);
  out.Number(place_);
  out.Text(lane_);
}

bool PendingText::Restore(SavedReader& in) {
  Clear();
  const uint64_t lines = in.Number();
  if (lines == 0) return in.ok();
  text_.assign(in.Text());
  kept_ = in.Number();
  cut_ = in.Number() != 0;
  time_ms_ = RestoreOptional(in);
  level_.assign(in.Text());
  context_.assign(in.Text());
  pid_ = RestoreOptional(in);
  place_ = in.Number();
  lane_.assign(in.Text());
  const bool sound = in.ok() && lines <= std::numeric_limits<uint32_t>::max() && kept_ <= text_.size();
  if (sound) {
    lines_ = static_cast<uint32_t>(lines);
  } else {
    Clear();
  }
  return sound;
}

}  // namespace logmill
