// The members of a JSON object, one after the other, with their values as they stand in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logmill {

enum class JsonKind : uint8_t { kString, kNumber, kLiteral, kObject, kArray };

// Valid as long as the text.
struct JsonValue {
  JsonKind kind = JsonKind::kLiteral;
  // A string: what stands between its quotes, still escaped. Everything else: as it stands.
  std::string_view raw = {};
  bool escaped = false;  // a string with a backslash in it

  // A string that means `text`.
  [[nodiscard]] bool Means(std::string_view text) const;
};

// One walk, front to back, over an object or an array that is valid JSON. A text that is not ends the walk early; nothing is read outside
// of it.
class JsonMembers {
 public:
  // `text` begins with its bracket, or with white space before it.
  explicit JsonMembers(std::string_view text);

  // Goes on to the next member or element. False behind the last one, and where the text stops being JSON.
  bool Next();
  // Of the member at hand; the key as a string, "" in an array.
  [[nodiscard]] const JsonValue& key() const { return key_; }
  [[nodiscard]] const JsonValue& value() const { return value_; }
  // After Next() said false: the text was well formed, as far as it was looked at.
  [[nodiscard]] bool valid() const { return valid_; }

 private:
  bool ReadKey();
  bool ReadValue();
  bool Fail();

  std::string_view text_;
  const char* at_;
  char end_ = 0;  // the closing bracket; 0: there is no opening one
  bool first_ = true;
  bool valid_ = true;
  JsonValue key_;
  JsonValue value_;
};

// The unescaped text of a string, in `scratch` when it has escapes.
std::string_view TextOf(const JsonValue& string, std::string& scratch);

// The longest beginning of `text` (UTF-8) with at most `most` bytes that ends between two characters.
std::string_view CutAtCharacter(std::string_view text, size_t most);

}  // namespace logmill
