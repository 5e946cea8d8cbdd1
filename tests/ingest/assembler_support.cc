#include "tests/ingest/assembler_support.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

namespace logmill::testing {
namespace {

constexpr std::string_view kTime = "2026-11-22T09:24:30.123456789Z";

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    char code[8];
    std::snprintf(code, sizeof(code), "\\u%04x", byte);
    if (c == '"' || c == '\\') escaped += '\\';
    if (byte < 0x20 || c == '<') {
      escaped += code;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// Calls visit(part, whether it is the last).
template <typename Visit>
void ForEachPart(std::string_view line, const std::vector<size_t>& ends, const Visit& visit) {
  size_t begin = 0;
  for (const size_t end : ends) {
    visit(line.substr(begin, end - begin), false);
    begin = end;
  }
  visit(line.substr(begin), true);
}

}  // namespace

AssembledStream::AssembledStream(Assembler::Options options) : options_(std::move(options)) {
  assembler_.emplace(options_);
  visit_ = [this](const Entry& entry) {
    entries.push_back(
        {std::string(entry.text), entry.cut, entry.lines, entry.time_ms, std::string(entry.level), std::string(entry.context), entry.pid});
  };
}

Reject AssembledStream::Takes(std::string_view line, bool cut) {
  ++taken_;
  if (assembler_->Passes(line)) {
    if (assembler_->pending_lines() != 0) broken_ = "passes while lines are pending";
    const size_t before = entries.size();
    assembler_->Take(line, cut, visit_);
    if (entries.size() != before + 1 || entries.back() != Kept{.text = std::string(line), .cut = cut})
      broken_ = "passed, but does not stand alone";
    Balance();
    return Reject::kNone;
  }
  const Reject reject = assembler_->Take(line, cut, visit_);
  if (reject != Reject::kNone) ++rejected;
  Balance();
  return reject;
}

void AssembledStream::TakesLines(std::string_view lines) {
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    Takes(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void AssembledStream::Idles(std::chrono::nanoseconds now) {
  assembler_->FlushIdle(now, visit_);
  Balance();
}

void AssembledStream::Ends() {
  assembler_->Finish(visit_);
  if (assembler_->pending_lines() != 0) broken_ = "lines are pending behind the end";
  Balance();
}

bool AssembledStream::Restarts() {
  std::string saved;
  assembler_->Save(saved);
  if (saved.empty() != (assembler_->pending_lines() == 0)) broken_ = "saved what is not pending, or the other way round";
  assembler_.emplace(options_);
  const bool restored = assembler_->Restore(saved);
  std::string again;
  assembler_->Save(again);
  if (restored && again != saved) broken_ = "saves something else after restoring";
  Balance();
  return restored;
}

std::vector<std::string> AssembledStream::Texts() const {
  std::vector<std::string> texts;
  for (const Kept& entry : entries) texts.push_back(entry.text);
  return texts;
}

std::vector<uint32_t> AssembledStream::Lines() const {
  std::vector<uint32_t> lines;
  for (const Kept& entry : entries) lines.push_back(entry.lines);
  return lines;
}

void AssembledStream::Balance() {
  uint64_t accounted = assembler_->pending_lines() + rejected;
  for (const Kept& entry : entries) accounted += entry.lines;
  if (accounted != taken_ && broken_.empty())
    broken_ = std::to_string(taken_) + " lines taken, " + std::to_string(accounted) + " accounted for";
}

std::vector<std::string> AsCri(std::string_view line, const std::vector<size_t>& ends, std::string_view stream) {
  std::vector<std::string> lines;
  ForEachPart(line, ends, [&](std::string_view part, bool last) {
    lines.push_back(std::string(kTime) + " " + std::string(stream) + (last ? " F " : " P ") + std::string(part));
  });
  return lines;
}

std::vector<std::string> AsDocker(std::string_view line, const std::vector<size_t>& ends, std::string_view stream) {
  std::vector<std::string> lines;
  ForEachPart(line, ends, [&](std::string_view part, bool last) {
    lines.push_back("{\"log\":\"" + Escaped(part) + (last ? "\\n" : "") + "\",\"stream\":\"" + std::string(stream) + "\",\"time\":\"" +
                    std::string(kTime) + "\"}");
  });
  return lines;
}

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace logmill::testing
