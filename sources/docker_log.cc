#include "sources/docker_log.h"

#include <algorithm>
#include <utility>

#include "sources/docker_time.h"

namespace logmill {
namespace {

constexpr size_t kPartBytes = size_t{16} << 10;  // where the engine cuts a line
constexpr size_t kMostEngineError = 500;

// A terminal's stream has no frames, so the time stamps of all parts but the first stand in the text, each behind 16 KiB; a little later
// where the engine replaced bytes that are no UTF-8. All parts of a line have the same time.
void RemoveTimeStamps(std::string_view stamp, std::string& text) {
  if (text.size() < kPartBytes || stamp.empty()) return;
  std::string joined;
  size_t begin = 0;
  while (text.size() - begin >= kPartBytes) {
    const size_t found = text.find(stamp, begin + kPartBytes);
    if (found == std::string::npos) break;
    joined.append(text, begin, found - begin);
    begin = found + stamp.size();
  }
  joined.append(text, begin);
  text = std::move(joined);
}

void TrimLineEnd(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

}  // namespace

void DockerLog::Begin(bool terminal, Skip skip) {
  terminal_ = terminal;
  skip_ = skip;
  frames_ = {};
  for (size_t i = 0; i < streams_.size(); ++i) {
    streams_[i] = {};
    streams_[i].skipping = cursor_.marks[i].count > 0 && cursor_.marks[i].time_ns >= cursor_.since_ns;
  }
}

DockerLog::Status DockerLog::Take(std::string_view bytes, const Visit& visit) {
  if (terminal_) return TakeLines(bytes, visit);
  Status status = Status::kTaken;
  const bool framed = frames_.Take(bytes, [&](const DockerPiece& piece) {
    status = TakePiece(piece, visit);
    return status == Status::kTaken;
  });
  return framed || status != Status::kTaken ? status : Status::kNoFrames;
}

DockerLog::Status DockerLog::TakeLines(std::string_view bytes, const Visit& visit) {
  Status status = Status::kTaken;
  while (!bytes.empty() && status == Status::kTaken) {
    const size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
    status = TakePiece({DockerStream::kStdout, line, end != std::string_view::npos}, visit);
    bytes.remove_prefix(line.size());
  }
  return status;
}

DockerLog::Status DockerLog::TakePiece(const DockerPiece& piece, const Visit& visit) {
  if (piece.stream == DockerStream::kEngine) {
    engine_error_ += piece.bytes.substr(0, kMostEngineError - std::min(kMostEngineError, engine_error_.size()));
    return Status::kTaken;
  }
  const size_t index = piece.stream == DockerStream::kStderr ? 1 : 0;
  Stream& stream = streams_[index];
  if (!piece.bytes.empty()) stream.line_end = piece.bytes.ends_with('\n');
  std::string_view bytes = piece.bytes;
  const Status status = stream.in_head ? TakeHead(stream, cursor_.marks[index], bytes, piece.ends) : Status::kTaken;
  if (status != Status::kTaken) return status;
  if (!stream.in_head) AppendText(stream, bytes);
  return piece.ends ? EndPart(index, visit) : Status::kTaken;
}

// Takes the time stamp and the space behind it off `bytes`, when it is whole. What begins otherwise goes on with the text before.
DockerLog::Status DockerLog::TakeHead(Stream& stream, DockerCursor::Mark mark, std::string_view& bytes, bool ends) {
  const size_t space = bytes.find(' ');
  const std::string_view taken = bytes.substr(0, std::min(space == std::string_view::npos ? space : space + 1, kLongestDockerTime + 1));
  stream.head += taken;
  bytes.remove_prefix(taken.size());
  const bool whole = stream.head.ends_with(' ');
  if (!whole && !ends && stream.head.size() <= kLongestDockerTime) return Status::kTaken;
  stream.in_head = false;
  const auto time = whole ? ParseDockerTime(std::string_view(stream.head).substr(0, stream.head.size() - 1)) : std::nullopt;
  if (time) return BeginPart(stream, mark, *time);
  AppendText(stream, std::exchange(stream.head, {}));
  return Status::kTaken;
}

DockerLog::Status DockerLog::BeginPart(Stream& stream, DockerCursor::Mark mark, int64_t time_ns) {
  stream.seen = {time_ns, stream.seen.time_ns == time_ns ? stream.seen.count + 1 : 1};
  stream.skip_part = false;
  if (stream.skipping && skip_ == Skip::kToMark) {
    if (time_ns - mark.time_ns > options_.disorder.count()) return Status::kMarkGone;
    stream.skip_part = true;
    stream.skipping = time_ns != mark.time_ns || stream.seen.count != mark.count;
  } else if (stream.skipping) {
    stream.skip_part = time_ns < mark.time_ns || (time_ns == mark.time_ns && stream.seen.count <= mark.count);
    stream.skipping = stream.skip_part;
  }
  if (stream.skip_part || stream.timed) return Status::kTaken;
  stream.timed = true;
  stream.begun_ns = time_ns;
  return Status::kTaken;
}

// Two bytes more than the limit are kept: they may be the line end.
void DockerLog::AppendText(Stream& stream, std::string_view bytes) const {
  if (stream.skip_part || bytes.empty()) return;
  stream.pending = true;
  const size_t most = options_.max_message_bytes + 2;
  stream.text += bytes.substr(0, most - std::min(most, stream.text.size()));
}

DockerLog::Status DockerLog::EndPart(size_t index, const Visit& visit) {
  Stream& stream = streams_[index];
  const bool taken = stream.pending && stream.line_end ? Complete(index, false, visit) : true;
  stream.in_head = true;
  stream.head.clear();
  if (stream.line_end) stream.skip_part = false;  // otherwise what has no time goes on with it
  stream.line_end = false;
  return taken ? Status::kTaken : Status::kStopped;
}

bool DockerLog::Complete(size_t index, bool cut, const Visit& visit) {
  Stream& stream = streams_[index];
  if (terminal_) RemoveTimeStamps(stream.head, stream.text);
  TrimLineEnd(stream.text);
  if (stream.text.size() > options_.max_message_bytes) {
    stream.text.resize(options_.max_message_bytes);
    cut = true;
  }
  const auto time = stream.timed ? std::optional(stream.begun_ns) : std::nullopt;
  if (stream.timed) MoveCursor(index);
  const bool taken = visit({index == 0 ? DockerStream::kStdout : DockerStream::kStderr, time, stream.text, cut});
  stream.text.clear();
  if (stream.text.capacity() > kPartBytes) stream.text.shrink_to_fit();
  stream.pending = false;
  stream.timed = false;
  return taken;
}

void DockerLog::MoveCursor(size_t index) {
  const Stream& stream = streams_[index];
  const Stream& other = streams_[1 - index];
  cursor_.marks[index] = stream.seen;
  const int64_t disorder = options_.disorder.count();
  int64_t since = stream.seen.time_ns > disorder ? stream.seen.time_ns - disorder : 0;
  if (other.timed) since = std::min(since, other.begun_ns);
  cursor_.since_ns = std::max(since, cursor_.floor_ns);
}

DockerLog::Status DockerLog::AtEnd() const {
  const bool gone = std::ranges::any_of(streams_, &Stream::skipping);
  return gone && skip_ == Skip::kToMark ? Status::kMarkGone : Status::kTaken;
}

DockerLog::Status DockerLog::Finish(const Visit& visit) {
  for (size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].pending && !Complete(i, true, visit)) return Status::kStopped;
  }
  return Status::kTaken;
}

}  // namespace logmill
