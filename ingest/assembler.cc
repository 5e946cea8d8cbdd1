#include "ingest/assembler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ingest/cri_line.h"
#include "ingest/envelope_line.h"
#include "ingest/saved_bytes.h"

namespace logmill {
namespace {

constexpr size_t kMostLanes = 256;
constexpr uint32_t kMostParts = 1U << 20;
constexpr uint64_t kSavedVersion = 2;

// It keeps nothing between two lines but its buffers, which thousands of streams can share.
EnvelopeReader& ReaderOfThisThread() {
  thread_local EnvelopeReader reader;
  return reader;
}

std::string_view WithoutReturn(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

Assembler::Assembler(Options options)
    : options_(std::move(options)), most_bytes_(4 * (options_.max_line_bytes + options_.join.max_bytes)), passing_(WhatPasses()) {}

Reject Assembler::Take(std::string_view line, bool cut, const Visit& visit, uint64_t place) {
  Unwrapped unwrapped{.text = line, .stream = {}};
  const bool json = options_.framing == Framing::kDocker || options_.framing == Framing::kEnvelope;
  if (cut && json) return Reject::kTooLong;
  if (!Unwrap(line, &unwrapped)) return Reject::kNoEnvelope;
  const Entry entry{unwrapped.text,    cut || unwrapped.cut, 1,     unwrapped.time_ms, unwrapped.level,
                    unwrapped.context, unwrapped.pid,        place, unwrapped.stream};
  Lane& lane = LaneOf(unwrapped.stream, visit);
  Account(lane, [&] { TakeLine(lane, entry, unwrapped.whole, visit); });
  while (pending_bytes_ > most_bytes_) CompleteLane(OldestLane(true)->second, visit);
  return Reject::kNone;
}

void Assembler::FlushIdle(std::chrono::nanoseconds now, const Visit& visit) {
  for (auto& [stream, lane] : lanes_) {
    if (lane.lines() == 0) continue;
    if (!lane.since) lane.since = now;
    const auto patience = lane.part.empty() ? options_.join.max_wait : options_.max_part_wait;
    if (now - *lane.since >= patience) CompleteLane(lane, visit);
  }
  std::erase_if(lanes_, [](const auto& lane) { return lane.second.lines() == 0; });
}

void Assembler::WaitAnew() {
  for (auto& [stream, lane] : lanes_) lane.since.reset();
}

void Assembler::Finish(const Visit& visit) {
  for (auto& [stream, lane] : lanes_) CompleteLane(lane, visit);
}

void Assembler::Save(std::string& out) const {
  out.clear();
  std::vector<Lanes::const_iterator> pending;
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if (lane->second.lines() != 0) pending.push_back(lane);
  }
  if (pending.empty()) return;
  std::ranges::sort(pending, {}, [](const auto& lane) { return lane->second.used; });
  SavedWriter writer(out);
  writer.Number(kSavedVersion);
  writer.Number(pending.size());
  for (const auto& lane : pending) {
    writer.Text(lane->first);
    lane->second.part.Save(writer);
    lane->second.joiner.Save(writer);
  }
  writer.Seal();
}

bool Assembler::Restore(std::string_view saved) {
  lanes_.clear();
  pending_lines_ = 0;
  pending_bytes_ = 0;
  const bool restored = saved.empty() || RestoreLanes(saved);
  if (!restored) lanes_.clear();
  for (const auto& [stream, lane] : lanes_) {
    pending_lines_ += lane.lines();
    pending_bytes_ += lane.bytes();
  }
  passing_ = WhatPasses();
  return restored;
}

bool Assembler::RestoreLanes(std::string_view saved) {
  SavedReader reader(saved);
  const uint64_t version = reader.Number();
  const uint64_t count = reader.Number();
  if (version != kSavedVersion || count > kMostLanes) return false;
  for (uint64_t i = 0; i < count; ++i) {
    const auto [lane, added] = lanes_.emplace(reader.Text(), options_);
    lane->second.used = ++taken_;
    if (!added || !lane->second.part.Restore(reader) || !lane->second.joiner.Restore(reader)) return false;
  }
  return reader.done();
}

bool Assembler::Unwrap(std::string_view line, Unwrapped* unwrapped) const {
  switch (options_.framing) {
    case Framing::kNone:
      return true;
    case Framing::kCri:
      return ReadCriLine(line, unwrapped);
    default:
      return ReaderOfThisThread().Read(line, unwrapped);
  }
}

Assembler::Lane& Assembler::LaneOf(std::string_view stream, const Visit& visit) {
  auto found = lanes_.find(stream);
  if (found == lanes_.end()) {
    if (lanes_.size() >= kMostLanes) {
      auto oldest = OldestLane(false);
      if (oldest == lanes_.end()) oldest = OldestLane(true);
      CompleteLane(oldest->second, visit);
      lanes_.erase(oldest);
    }
    found = lanes_.emplace(stream, options_).first;
  }
  found->second.used = ++taken_;
  found->second.since.reset();
  return found->second;
}

Assembler::Lanes::iterator Assembler::OldestLane(bool pending) {
  auto oldest = lanes_.end();
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if ((lane->second.lines() != 0) != pending) continue;
    if (oldest == lanes_.end() || lane->second.used < oldest->second.used) oldest = lane;
  }
  return oldest;
}

void Assembler::TakeLine(Lane& lane, const Entry& line, bool whole, const Visit& visit) {
  const bool alone = lane.part.empty() && whole;
  if (alone && (options_.framing == Framing::kNone || line.text.size() < options_.max_line_bytes)) {
    Entry entry = line;
    if (options_.framing != Framing::kNone) entry.text = WithoutReturn(entry.text);
    return lane.joiner.Take(entry, visit);
  }
  if (lane.part.empty()) {
    Entry beginning = line;
    beginning.text = {};
    beginning.lines = 0;
    lane.part.Begin(beginning);
  }
  lane.part.AppendPart(line, options_.max_line_bytes);
  if (!whole && lane.part.lines() < kMostParts) return;
  if (!whole) lane.part.MarkCut();
  CompletePart(lane, visit);
}

void Assembler::CompletePart(Lane& lane, const Visit& visit) {
  Entry line = lane.part.entry();
  line.text = WithoutReturn(line.text);
  lane.joiner.Take(line, visit);
  lane.part.Clear();
}

void Assembler::CompleteLane(Lane& lane, const Visit& visit) {
  Account(lane, [&] {
    if (!lane.part.empty()) {
      lane.part.MarkCut();
      CompletePart(lane, visit);
    }
    lane.joiner.Complete(visit);
  });
}

// Holds the sums true over a change.
template <typename Change>
void Assembler::Account(Lane& lane, const Change& change) {
  pending_lines_ -= lane.lines();
  pending_bytes_ -= lane.bytes();
  change();
  pending_lines_ += lane.lines();
  pending_bytes_ += lane.bytes();
  passing_ = WhatPasses();
}

Assembler::Passing Assembler::WhatPasses() const {
  if (options_.framing != Framing::kNone || pending_lines_ != 0) return Passing::kNothing;
  if (options_.format == InputFormat::kAuto) return Passing::kJsonLines;
  if (options_.format == InputFormat::kJson) return Passing::kEverything;
  return options_.format == InputFormat::kText && !options_.join.enabled ? Passing::kEverything : Passing::kNothing;
}

}  // namespace logmill
