// Any stream, cut anywhere (the first byte says how): its messages are those of the stream as a whole, every one is parsed, and nothing is
// lost on the way.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sources/syslog_framing.h"
#include "sources/syslog_message.h"

namespace {

constexpr size_t kMostBytes = 200;
constexpr int64_t kNow = 1795341600'000'000'000;

void Require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> Split(std::string_view stream, size_t piece) {
  std::vector<std::string> messages;
  logmill::SyslogFraming framing(kMostBytes);
  std::string waiting;
  for (bool ended = false; !ended;) {
    waiting += stream.substr(0, piece);
    stream.remove_prefix(std::min(piece, stream.size()));
    ended = stream.empty();
    std::string_view rest = waiting;
    while (const auto frame = framing.Next(&rest, ended)) {
      Require(!frame->message.empty() && frame->message.size() <= kMostBytes);
      messages.emplace_back(frame->message);
    }
    waiting = rest;
    Require(ended ? waiting.empty() : waiting.size() <= kMostBytes + 12);
  }
  return messages;
}

bool IsPartOf(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void Parse(std::string_view message) {
  const logmill::SyslogMessage parsed = logmill::ParseSyslog(message, kNow);
  for (const std::string_view part : {parsed.text, parsed.host, parsed.app, parsed.proc}) Require(IsPartOf(part, message));
  Require(!parsed.severity || *parsed.severity < 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto messages = Split(stream, SIZE_MAX);
  Require(messages == Split(stream, size_t{data[0]} + 1));
  for (const std::string& message : messages) Parse(message);
  Parse(stream);
  return 0;
}
