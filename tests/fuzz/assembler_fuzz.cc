// Any lines: none is lost or counted twice, a restart between any two of them changes nothing, and a line gives the same text plain,
// in Docker's envelopes and in Kubernetes' ones, wherever it is split. The first four bytes choose options and places.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/assembler.h"
#include "tests/ingest/assembler_support.h"

namespace logmill {
namespace {

using testing::AssembledStream;
using testing::Kept;

constexpr size_t kChoiceBytes = 4;

// Numbers that look random and are the same for the same input.
class Dice {
 public:
  explicit Dice(std::string_view choices) {
    for (const char c : choices) state_ = state_ * 257 + static_cast<unsigned char>(c);
  }
  uint32_t Below(uint32_t limit) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<uint32_t>(state_ >> 33) % limit;
  }

 private:
  uint64_t state_ = 1;
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

Assembler::Options OptionsFrom(std::string_view choices) {
  constexpr InputFormat kFormats[] = {InputFormat::kAuto, InputFormat::kJson, InputFormat::kText, InputFormat::kConsole};
  const auto choice = static_cast<unsigned char>(choices[0]);
  Assembler::Options options{.framing = static_cast<Framing>(choice & 3), .format = kFormats[choice >> 2 & 3]};
  options.join.enabled = (choice & 16) != 0;
  if ((choice & 32) != 0) options.join.continues = [](std::string_view line) { return !line.empty() && line.front() == '+'; };
  if ((choice & 64) != 0) {
    options.join.max_lines = 3;
    options.join.max_bytes = 40;
    options.max_line_bytes = 30;
  }
  return options;
}

// As the splitter gives them.
std::vector<std::string> LinesOf(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

void EndAndCheck(AssembledStream& stream) {
  stream.Ends();
  if (!stream.broken().empty()) Fail(stream.broken());
}

struct Outcome {
  std::vector<Kept> entries;
  uint64_t rejected;
};

Outcome Straight(const Assembler::Options& options, const std::vector<std::string>& lines) {
  AssembledStream stream(options);
  for (const std::string& line : lines) stream.Takes(line);
  EndAndCheck(stream);
  return {stream.entries, stream.rejected};
}

void CheckSizes(const Assembler::Options& options, const Outcome& outcome) {
  if (options.framing == Framing::kNone) return;
  const size_t most = std::max(options.max_line_bytes, options.join.max_bytes);
  for (const Kept& entry : outcome.entries) {
    if (entry.text.size() > most) Fail("an entry is too large");
  }
}

void CheckDamage(const Assembler::Options& options, Assembler& assembler, Dice& dice) {
  std::string saved;
  assembler.Save(saved);
  if (saved.empty()) return;
  saved[dice.Below(static_cast<uint32_t>(saved.size()))] ^= static_cast<char>(1 + dice.Below(127));
  Assembler other(options);
  if (other.Restore(saved) || other.pending_lines() != 0) Fail("damaged bytes restore something");
}

void CheckRestarts(const Assembler::Options& options, const std::vector<std::string>& lines, const Outcome& straight, Dice dice) {
  AssembledStream stream(options);
  for (const std::string& line : lines) {
    if (dice.Below(3) == 0 && !stream.Restarts()) Fail("cannot restore");
    if (dice.Below(8) == 0) CheckDamage(options, stream.assembler(), dice);
    stream.Takes(line);
  }
  EndAndCheck(stream);
  if (stream.entries != straight.entries || stream.rejected != straight.rejected) Fail("a restart changes the entries");
}

void CheckWaiting(const Assembler::Options& options, const std::vector<std::string>& lines, Dice dice) {
  AssembledStream stream(options);
  std::chrono::milliseconds now{0};
  for (const std::string& line : lines) {
    stream.Takes(line, dice.Below(8) == 0);
    now += std::chrono::milliseconds(dice.Below(2000));
    if (dice.Below(2) == 0) stream.Idles(now);
  }
  EndAndCheck(stream);
}

std::vector<size_t> SplitsOf(const std::string& line, Dice& dice) {
  std::vector<size_t> ends;
  const uint32_t count = dice.Below(4);
  for (uint32_t i = 0; i < count; ++i) ends.push_back(dice.Below(static_cast<uint32_t>(line.size()) + 1));
  std::ranges::sort(ends);
  return ends;
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::vector<std::pair<std::string, bool>> TextsOf(const Outcome& outcome) {
  std::vector<std::pair<std::string, bool>> texts;
  for (const Kept& entry : outcome.entries) texts.emplace_back(entry.text, entry.cut);
  return texts;
}

// With limits that none of the lines reaches.
void CheckFramings(Assembler::Options options, const std::vector<std::string>& lines, Dice dice) {
  options.join.max_lines = options.join.max_bytes = options.max_line_bytes = size_t{1} << 20;
  options.framing = Framing::kNone;
  const Outcome plain = Straight(options, lines);
  const bool docker = std::ranges::all_of(lines, IsAscii);
  options.framing = docker ? Framing::kDocker : Framing::kCri;
  std::vector<std::string> wrapped;
  for (const std::string& line : lines) {
    const std::vector<size_t> ends = SplitsOf(line, dice);
    for (std::string& part : docker ? testing::AsDocker(line, ends) : testing::AsCri(line, ends)) wrapped.push_back(std::move(part));
  }
  const Outcome unwrapped = Straight(options, wrapped);
  if (unwrapped.rejected != 0) Fail("an envelope is rejected");
  if (TextsOf(unwrapped) != TextsOf(plain)) Fail("an envelope changes the entries");
}

void Check(std::string_view input) {
  const std::string_view choices = input.substr(0, kChoiceBytes);
  const Assembler::Options options = OptionsFrom(choices);
  const std::vector<std::string> lines = LinesOf(input.substr(kChoiceBytes));
  const Outcome straight = Straight(options, lines);
  CheckSizes(options, straight);
  CheckRestarts(options, lines, straight, Dice(choices));
  CheckWaiting(options, lines, Dice(choices));
  CheckFramings(options, lines, Dice(choices));
}

// Whatever comes as a saved state, too.
void CheckForeignState(std::string_view input) {
  Assembler assembler({});
  const bool restored = assembler.Restore(input);
  if (restored != input.empty() && assembler.pending_lines() == 0) Fail("foreign bytes are taken for a state");
}

}  // namespace
}  // namespace logmill

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  logmill::CheckForeignState(input);
  if (size >= logmill::kChoiceBytes) logmill::Check(input);
  return 0;
}
