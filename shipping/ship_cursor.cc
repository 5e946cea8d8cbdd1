#include "shipping/ship_cursor.h"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "shipping/json_writer.h"

namespace logmill {
namespace {

constexpr uint64_t kVersion = 1;
constexpr size_t kMostBytes = size_t{1} << 20;
// What is further ahead is sent again after a restart.
constexpr size_t kMostAhead = 8192;

using Number = std::pair<std::string_view, uint64_t ShipCursor::*>;
constexpr std::array<Number, 7> kNumbers{{{"sequence", &ShipCursor::sequence},
                                          {"sent", &ShipCursor::sent},
                                          {"refused", &ShipCursor::refused},
                                          {"dropped_full", &ShipCursor::dropped_full},
                                          {"dropped_old", &ShipCursor::dropped_old},
                                          {"filtered", &ShipCursor::filtered},
                                          {"damaged", &ShipCursor::damaged}}};

// The counter of an outcome.
std::string_view NameOf(ShipOutcome outcome) { return kNumbers[static_cast<size_t>(outcome)].first; }

// Of the text of the object "cursor".
std::string Checksum(std::string_view text) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return digits.data();
}

std::string Encode(const ShipCursor& cursor) {
  std::string inner;
  JsonWriter object(inner);
  object.BeginObject().Key("version").Number(kVersion);
  for (const auto& [name, member] : kNumbers) object.Key(name).Number(cursor.*member);
  object.Key("ahead").BeginArray();
  for (const ShipRun& run : std::span(cursor.ahead).first(std::min(cursor.ahead.size(), kMostAhead))) {
    object.BeginArray().Number(run.begin).Number(run.end).Text(NameOf(run.outcome)).EndArray();
  }
  object.EndArray().Key("note").Text(cursor.note).EndObject();
  return "{\"cursor\":" + inner + ",\"checksum\":\"" + Checksum(inner) + "\"}\n";
}

std::optional<ShipRun> DecodeRun(simdjson::dom::element array) {
  ShipRun run;
  std::string_view name;
  if (array.at(0).get(run.begin) != simdjson::SUCCESS || array.at(1).get(run.end) != simdjson::SUCCESS ||
      array.at(2).get(name) != simdjson::SUCCESS || run.begin >= run.end)
    return std::nullopt;
  const auto number = std::ranges::find(kNumbers.begin() + 1, kNumbers.end(), name, &Number::first);
  if (number == kNumbers.end()) return std::nullopt;
  run.outcome = static_cast<ShipOutcome>(number - kNumbers.begin());
  return run;
}

bool DecodeAhead(simdjson::dom::element object, ShipCursor* cursor) {
  simdjson::dom::array runs;
  if (object["ahead"].get(runs) != simdjson::SUCCESS) return false;
  for (const simdjson::dom::element element : runs) {
    const auto run = DecodeRun(element);
    if (!run || run->begin <= cursor->sequence || run->begin < cursor->end()) return false;
    cursor->ahead.push_back(*run);
  }
  return true;
}

std::optional<ShipCursor> DecodeObject(simdjson::dom::element object) {
  uint64_t version = 0;
  ShipCursor cursor;
  std::string_view note;
  bool good = object["version"].get(version) == simdjson::SUCCESS && version == kVersion;
  for (const auto& [name, member] : kNumbers) good = good && object[name].get(cursor.*member) == simdjson::SUCCESS;
  if (!good || object["note"].get(note) != simdjson::SUCCESS || !DecodeAhead(object, &cursor)) return std::nullopt;
  cursor.note = note;
  return cursor;
}

// The text between the frame's two parts is what the checksum is of.
std::optional<ShipCursor> Decode(std::string_view text) {
  constexpr std::string_view kBefore = "{\"cursor\":";
  const size_t end = text.rfind(",\"checksum\":\"");
  if (!text.starts_with(kBefore) || end == std::string_view::npos) return std::nullopt;
  const std::string inner(text.substr(kBefore.size(), end - kBefore.size()));
  if (text.substr(end) != ",\"checksum\":\"" + Checksum(inner) + "\"}\n") return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  if (parser.parse(inner).get(object) != simdjson::SUCCESS) return std::nullopt;
  return DecodeObject(object);
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

std::unexpected<std::string> Failed(const std::string& path) {
  return std::unexpected(path + " cannot be written: " + std::strerror(errno));
}

}  // namespace

std::optional<ShipCursor> LoadShipCursor(const std::string& path, bool* damaged) {
  *damaged = false;
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return std::nullopt;
  std::optional<ShipCursor> cursor = Decode(ReadFile(path));
  if (cursor) return cursor;
  *damaged = true;
  ::rename(path.c_str(), (path + ".damaged").c_str());
  return std::nullopt;
}

uint64_t HighestCursor(const std::string& folder) {
  uint64_t highest = 1;
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() != ".cursor") continue;
    if (const auto cursor = Decode(ReadFile(file->path()))) highest = std::max(highest, cursor->end());
  }
  return highest;
}

std::expected<void, std::string> SaveShipCursor(const std::string& path, const ShipCursor& cursor) {
  const std::string temporary = path + ".new";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Failed(temporary);
  const bool written = WriteAll(file, Encode(cursor));
  const int error = errno;
  ::close(file);
  errno = error;
  if (!written) return Failed(temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return Failed(path);
  return {};
}

}  // namespace logmill
