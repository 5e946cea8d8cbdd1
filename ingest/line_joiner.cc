#include "ingest/line_joiner.h"

#include <string>

namespace logmill {
namespace {

constexpr size_t kSwallowFactor = 10;

bool HasLines(std::string_view text) { return text.find('\n') != std::string_view::npos; }

bool BeginsLikeJson(std::string_view text) { return text.starts_with("{\"") || text.starts_with("\xEF\xBB\xBF{"); }

// As the decoder sees it.
bool BeginsLikeObject(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t at = text.find_first_not_of(kSpace);
  if (at == std::string_view::npos || text[at] != '{') return false;
  at = text.find_first_not_of(kSpace, at + 1);
  return at != std::string_view::npos && (text[at] == '"' || text[at] == '}');
}

}  // namespace

void LineJoiner::Take(const Entry& line, const VisitEntry& visit) {
  if (console_entry_ && block_.lines() / kSwallowFactor >= join_.max_lines) Complete(visit);
  const ConsolePlace place = PlaceOf(line);
  if (place == ConsolePlace::kContinuation) return GoOnWithConsole(line);
  if (place == ConsolePlace::kAlone && GoesOn(line)) return block_.AppendLine(line);
  if (!block_.empty()) {
    visit(block_.entry());
    block_.Clear();
  }
  console_entry_ = place == ConsolePlace::kHead;
  if (!console_entry_ && StandsAlone(line)) return visit(line);
  block_.Begin(line);
  if (!console_entry_) trace_.Begin(line.text);
}

void LineJoiner::Complete(const VisitEntry& visit) {
  if (!block_.empty()) visit(block_.entry());
  block_.Clear();
  console_entry_ = false;
  console_.Reset();
}

void LineJoiner::Save(SavedWriter& out) const {
  block_.Save(out);
  if (block_.empty()) return;
  std::string console;
  if (console_entry_) console_.Save(console);
  out.Number(console_entry_ ? 1 : 0);
  out.Text(console);
  out.Number(trace_.state());
}

bool LineJoiner::Restore(SavedReader& in) {
  console_entry_ = false;
  console_.Reset();
  if (!block_.Restore(in)) return false;
  if (block_.empty()) return true;
  console_entry_ = in.Number() != 0;
  const std::string_view console = in.Text();
  trace_.set_state(in.Number());
  if (in.ok() && (!console_entry_ || console_.Restore(console))) return true;
  block_.Clear();
  console_entry_ = false;
  console_.Reset();
  return false;
}

ConsolePlace LineJoiner::PlaceOf(const Entry& line) {
  if (format_ == InputFormat::kJson || format_ == InputFormat::kText) return ConsolePlace::kAlone;
  if (HasLines(line.text) || (console_entry_ && !block_.SaysTheSame(line))) console_.Reset();
  if (HasLines(line.text) || (!console_.open() && !MayBeConsole(line.text))) return ConsolePlace::kAlone;
  const ConsolePlace place = console_.Take(line.text);
  return place == ConsolePlace::kContinuation && !console_entry_ ? ConsolePlace::kAlone : place;
}

bool LineJoiner::StandsAlone(const Entry& line) const {
  if (!join_.enabled || format_ == InputFormat::kJson || HasLines(line.text)) return true;
  return format_ == InputFormat::kAuto && (BeginsLikeJson(line.text) || BeginsLikeObject(line.text));
}

bool LineJoiner::GoesOn(const Entry& line) {
  if (block_.empty() || console_entry_ || HasLines(line.text) || !block_.SaysTheSame(line)) return false;
  if (format_ == InputFormat::kAuto && BeginsLikeJson(line.text)) return false;
  if (join_.continues ? !join_.continues(line.text) : !trace_.GoesOn(line.text)) return false;
  if (Fits(line)) return true;
  block_.MarkCut();
  return false;
}

bool LineJoiner::Fits(const Entry& line) const {
  return block_.lines() + line.lines <= join_.max_lines && block_.bytes() + 1 + line.text.size() <= join_.max_bytes;
}

void LineJoiner::GoOnWithConsole(const Entry& line) {
  if (Fits(line)) {
    block_.AppendLine(line);
  } else {
    block_.Swallow(line);
  }
}

}  // namespace logmill
