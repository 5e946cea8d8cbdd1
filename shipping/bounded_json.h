// JSON of any producer, rewritten so that a store takes it: no name twice in an object, no name that a store stumbles over, bounded depth
// and lengths, numbers that every reader can hold. Most values are copied as they stand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "shipping/json_members.h"
#include "shipping/json_writer.h"

namespace logmill {

struct JsonLimits {
  size_t depth = 16;          // objects and arrays inside of each other; at most 32. What is deeper becomes its JSON text, a string
  size_t key_bytes = 256;     // longer names are cut
  size_t text_bytes = 16384;  // longer strings are cut, and end with "…"
};

// The names of one object, by a hash of 64 bits.
class JsonNames {
 public:
  // False when it is there already.
  bool Add(std::string_view name);

 private:
  std::array<uint64_t, 24> few_;
  size_t few_used_ = 0;
  std::unordered_set<uint64_t> many_;  // all of them, once there are more than a few
};

// One thread.
class BoundedJson {
 public:
  explicit BoundedJson(const JsonLimits& limits) : limits_(limits) {}

  // Writes a member into the object that `json` stands in, under a name that fits: its own, with "_" for each part between dots that is
  // empty or blank, and for NUL. It is left out when `names` has that one already.
  void WriteMember(const JsonValue& key, const JsonValue& value, JsonNames& names, JsonWriter& json);
  // Writes a value, as if `depth` objects were around it.
  void WriteValue(const JsonValue& value, size_t depth, JsonWriter& json);

  // Since Reset(): something was left out, cut, renamed, or written as another type.
  [[nodiscard]] bool changed() const { return changed_; }
  void Reset() { changed_ = false; }
  void SetChanged() { changed_ = true; }

 private:
  std::string_view NameOf(const JsonValue& key);
  void WriteMemberAt(const JsonValue& key, const JsonValue& value, size_t depth, JsonNames& names, JsonWriter& json);
  void WriteNested(const JsonValue& value, size_t depth, JsonWriter& json);
  void WriteString(const JsonValue& value, JsonWriter& json);
  void WriteNumber(std::string_view number, JsonWriter& json);
  void WriteText(std::string_view text, JsonWriter& json);

  const JsonLimits limits_;
  bool changed_ = false;
  std::string name_;
  std::string scratch_;
};

}  // namespace logmill
