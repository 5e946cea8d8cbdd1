// One JSON object's wanted values, found in one walk over its text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/json_text.h"
#include "ingest/record.h"

namespace logmill::json {

// A value as it stands in the text: a string without its quotes and still escaped (`escaped`), everything else as written.
struct RawValue {
  Value::Type type = Value::Type::kAbsent;
  bool escaped = false;
  std::string_view text;
};

// The value that `p` begins with. Nested values only when the text is `proven` valid; without that they are refused.
Stop ScanValue(Scanner& scanner, const char* p, bool proven, RawValue* value);

// The value at a dotted path (FieldPaths in record.h) inside `parent`, whose text is known to be valid; kAbsent when there is none,
// or when `parent` is no object or array. At every depth the whole rest of the path may also be one flat key; the nested value is
// preferred. As deep as the path has dots, however deep the text is.
RawValue FindPath(const RawValue& parent, std::string_view path);

// Finds the values of a fixed set of paths. It learns the order of the keys: what stood at the i-th place of the last object is
// compared first in the next one. One thread.
class ObjectReader {
 public:
  // `paths` are distinct; slot i holds the value of paths[i].
  explicit ObjectReader(const std::vector<std::string>& paths);
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  enum class Trust : uint8_t {
    kStrict,  // accept a flat object only, checked by the grammar of RFC 8259 in everything but UTF-8
    kProven,  // the text is known to be valid: nested values are skipped and looked into
  };
  // False when the text is not accepted; slots mean nothing then. Duplicate keys: the last one wins.
  bool Read(std::string_view text, Trust trust);

  // Of the last Read(): whether the text may hold bytes outside of ASCII, so that UTF-8 has to be checked.
  [[nodiscard]] bool high_bit_seen() const { return high_bit_seen_; }
  // Valid as long as the text that was read.
  [[nodiscard]] RawValue& slot(size_t i) { return slots_[i]; }

 private:
  // `"name":` as it is usually written, compared 16 bytes at a time.
  struct Token {
    std::string text;
    std::array<uint64_t, 2> bytes{};
    std::array<uint64_t, 2> mask{};

    explicit Token(std::string_view name);
    [[nodiscard]] bool StandsAt(const char* p, const char* end) const;
  };
  struct Branch {
    size_t slot;
    std::string rest;  // of the path, below the key
  };
  struct Key {
    std::string name;
    Token token;
    int slot = -1;  // of the path that is this name alone, or -1
    std::vector<Branch> branches;
    RawValue parent;  // the value that stands under the key in the text being read
  };
  static constexpr size_t kLearned = 32;

  Key* KeyNamed(std::string_view name);
  Key* Find(std::string_view raw, bool escaped);
  Stop ReadKey(Scanner& scanner, const char* p, size_t place, Key** key);
  bool ReadMembers(Scanner& scanner, const char* p, bool proven);
  RawValue* PlaceFor(const Key* key);
  void FollowBranches();

  std::vector<Key> keys_;
  uint64_t name_sizes_ = 0;  // bit n: a name is n bytes long (63: or longer)
  std::array<Key*, kLearned> order_{};
  std::vector<RawValue> slots_;
  RawValue unwanted_;  // where values go that nobody asked for
  bool high_bit_seen_ = false;
};

}  // namespace logmill::json
