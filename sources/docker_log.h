// The bytes of one container's log, as the Docker engine sends them → whole messages, each exactly once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sources/docker_cursor.h"
#include "sources/docker_frames.h"

namespace logmill {

// Valid during the visit.
struct DockerMessage {
  DockerStream stream = DockerStream::kStdout;  // or kStderr
  std::optional<int64_t> time_ns;
  std::string_view text;  // without its line end; a log driver may leave line ends inside
  bool cut = false;       // it was longer than the limit, or its end never came
};

// Understands what GET /containers/ID/logs?timestamps=1 sends: frames, one for each message or part of one, that begin with a time stamp;
// of a container with a terminal just such lines, where a part ends without one and only its length tells. The engine cuts long lines into
// parts of 16 KiB; parts are joined by stream. Survives any bytes; memory: a message for each stream. One thread.
class DockerLog {
 public:
  struct Options {
    size_t max_message_bytes = size_t{1} << 20;
    // Messages of stdout and stderr may stand in the log in another order than that of their times, but not further apart than this. It is
    // also how far the clock may be set back without a message being lost or repeated when a connection breaks just then.
    std::chrono::nanoseconds disorder = std::chrono::seconds(10);
  };
  // How what was taken before is known again in a log that begins at cursor().since_ns.
  enum class Skip : uint8_t {
    kToMark,  // everything up to the last message taken, which is in the log
    kByTime,  // that message is gone (the engine keeps a few files only): everything that is not newer
  };

  DockerLog(Options options, DockerCursor cursor) : options_(options), cursor_(cursor) {}

  // A new answer of the engine begins; the last one may have ended anywhere. `terminal`: Config.Tty of the container.
  void Begin(bool terminal, Skip skip);

  using Visit = std::function<bool(const DockerMessage&)>;  // false: no further
  enum class Status : uint8_t { kTaken, kStopped, kNoFrames, kMarkGone };
  // Takes what came. During the visit cursor() stands behind the message visited. kStopped: the visit said so. kNoFrames: these bytes are
  // no frames. kMarkGone: with kToMark, the message looked for is not there: begin again with kByTime. Nothing may be taken after these
  // three.
  Status Take(std::string_view bytes, const Visit& visit);
  // The answer is over, and it was everything that there is. kMarkGone as above, otherwise kTaken.
  [[nodiscard]] Status AtEnd() const;
  // No more will come, the container having ended: visits parts that wait for their message's end, cut.
  Status Finish(const Visit& visit);

  [[nodiscard]] const DockerCursor& cursor() const { return cursor_; }
  // What the engine said about itself in the middle of the log; "" when nothing. Once.
  std::string TakeEngineError() { return std::exchange(engine_error_, {}); }

 private:
  struct Stream {
    bool skipping = false;    // what was taken before
    DockerCursor::Mark seen;  // of this answer: the newest time, and how often it came
    bool in_head = true;      // of a part: its time stamp comes
    std::string head;
    bool skip_part = false;
    bool pending = false;  // a message has begun
    bool timed = false;    // by a part with a time
    int64_t begun_ns = 0;
    std::string text;
    bool line_end = false;  // the last byte was one
  };

  Status TakeLines(std::string_view bytes, const Visit& visit);
  Status TakePiece(const DockerPiece& piece, const Visit& visit);
  Status TakeHead(Stream& stream, DockerCursor::Mark mark, std::string_view& bytes, bool ends);
  Status BeginPart(Stream& stream, DockerCursor::Mark mark, int64_t time_ns);
  void AppendText(Stream& stream, std::string_view bytes) const;
  Status EndPart(size_t index, const Visit& visit);
  bool Complete(size_t index, bool cut, const Visit& visit);
  void MoveCursor(size_t index);

  Options options_;
  DockerCursor cursor_;
  bool terminal_ = false;
  Skip skip_ = Skip::kToMark;
  DockerFrames frames_;
  std::array<Stream, 2> streams_;  // stdout, stderr
  std::string engine_error_;
};

}  // namespace logmill
