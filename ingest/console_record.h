// Texts that are no JSON → records.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/console_time.h"
#include "ingest/entry.h"
#include "ingest/key_names.h"
#include "ingest/record.h"

namespace logmill {

// Makes records that look as if the same call had been logged as JSON: level, context, pid, message and stack apart, colours gone, text
// valid UTF-8 (other bytes become U+FFFD). The wanted fields find the keys of the record and, by their names in logging/schema.h, the
// worker (`app`), the correlation id and the stack. Owns what its records point into, until the next call. One thread.
class ConsoleReader {
 public:
  // As in Decoder::Options.
  ConsoleReader(const KeyNames& keys, const FieldPaths& fields, WantedNumbers numbers);

  // `entry` as ParseConsoleHead() takes it. False when it begins with no head; `*record` is untouched then.
  bool ReadConsole(std::string_view entry, Record* record);
  // A record of the whole text, bytes as they are but colours.
  void ReadText(std::string_view text, Record* record);
  // Fills in what `record` does not say and the entry brings along; a text record that gets a level or a context so becomes one with
  // format kJson.
  void Supplement(const Entry& entry, Record* record);

 private:
  enum class Part : uint8_t { kLevel, kPid, kTimestamp, kMessage, kContext, kApp, kCorrelationId, kStack, kNone };
  static constexpr size_t kParts = static_cast<size_t>(Part::kNone);

  static Part PartOf(std::string_view path, const KeyNames& keys);
  Value& part(Part part) { return parts_[static_cast<size_t>(part)]; }
  void Start(size_t bytes);
  std::string_view Clean(std::string_view text);
  void SetText(Part part, std::string_view text);
  void SetNumber(Part part, std::optional<int64_t> number);
  void SetMessage(std::string_view entry, std::string_view message, bool error);
  void ReadDescribed(const Entry& entry, Record* record);
  void Fill(std::string_view line, Record* record);

  std::vector<Part> wanted_;  // what each field is
  const WantedNumbers numbers_;
  bool wants_timestamp_;
  ConsoleClock clock_;
  std::array<Value, kParts> parts_;
  std::array<std::optional<int64_t>, kParts> numbers_read_;
  std::vector<Value> fields_;
  std::string text_;  // what parts point into; never grows beyond what Start() made room for
  std::string scratch_;
  std::array<std::string, 2> outside_;  // level and context of an entry, where they had to be mended
};

}  // namespace logmill
