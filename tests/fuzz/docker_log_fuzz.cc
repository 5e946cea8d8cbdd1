// Whatever an engine sends as a container's log: it is taken the same in one piece as byte by byte, messages keep to their limit, and a
// cursor survives being text. The first byte chooses how the log is read; the next gives the size of the pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/docker_log.h"

namespace {

using logmill::DockerCursor;
using logmill::DockerLog;
using logmill::DockerMessage;

constexpr size_t kMostMessage = 100;

void Require(bool holds) {
  if (!holds) std::abort();
}

std::string Taken(uint8_t way, std::string_view bytes, size_t piece) {
  constexpr int64_t kTime = 1'795'339'470'000'000'000;
  DockerCursor cursor;
  if ((way & 4) != 0) cursor = {.floor_ns = 0, .since_ns = kTime - 1, .marks = {{{kTime, 2}, {kTime, 1}}}};
  DockerLog log({.max_message_bytes = kMostMessage}, cursor);
  log.Begin((way & 1) != 0, (way & 2) != 0 ? DockerLog::Skip::kByTime : DockerLog::Skip::kToMark);
  std::string taken;
  const auto visit = [&](const DockerMessage& message) {
    Require(message.text.size() <= kMostMessage);
    const std::string place = log.cursor().Text();
    const auto read = DockerCursor::Parse(place);
    Require(read && read->Text() == place);
    taken += place + (message.stream == logmill::DockerStream::kStderr ? " err " : " out ") + std::string(message.text) +
             (message.cut ? "!\n" : "\n");
    return true;
  };
  auto status = DockerLog::Status::kTaken;
  for (size_t at = 0; at < bytes.size() && status == DockerLog::Status::kTaken; at += piece)
    status = log.Take(bytes.substr(at, piece), visit);
  if (status == DockerLog::Status::kTaken) status = log.Finish(visit);
  return taken + std::to_string(static_cast<int>(status)) + log.TakeEngineError();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  Require(Taken(data[0], bytes, bytes.size() + 1) == Taken(data[0], bytes, 1 + data[1]));
  (void)DockerCursor::Parse(bytes);
  return 0;
}
