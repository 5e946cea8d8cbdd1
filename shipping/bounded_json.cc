#include "shipping/bounded_json.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace logmill {
namespace {

constexpr size_t kPlainNumberBytes = 18;  // no whole number so short has more than 63 bits
constexpr size_t kMostNumberBytes = 40;

bool IsBlank(std::string_view part) {
  return std::all_of(part.begin(), part.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

// Nothing that WriteMember() would have to rename but for its length.
bool IsPlainName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c != '.' && static_cast<unsigned char>(c) > ' '; });
}

void AppendFitting(std::string_view name, std::string& out) {
  for (;;) {
    const size_t dot = std::min(name.find('.'), name.size());
    const std::string_view part = name.substr(0, dot);
    out += IsBlank(part) ? std::string_view("_") : part;
    if (dot == name.size()) break;
    out += '.';
    name.remove_prefix(dot + 1);
  }
  std::replace(out.begin(), out.end(), '\0', '_');
}

template <typename T>
bool Holds(std::string_view number) {
  T value{};
  return std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc();
}

// Whole numbers of 64 bits with a sign, and what a double holds.
bool HoldsEverywhere(std::string_view number) {
  const bool whole = number.find_first_of(".eE") == std::string_view::npos;
  if (whole) return number.size() <= kPlainNumberBytes || Holds<int64_t>(number);
  return number.size() <= kMostNumberBytes && Holds<double>(number);
}

}  // namespace

bool JsonNames::Add(std::string_view name) {
  const uint64_t hash = XXH3_64bits(name.data(), name.size());
  if (!many_.empty()) return many_.insert(hash).second;
  const auto used = few_.begin() + static_cast<ptrdiff_t>(few_used_);
  if (std::find(few_.begin(), used, hash) != used) return false;
  if (few_used_ < few_.size()) {
    few_[few_used_++] = hash;
  } else {
    many_.insert(few_.begin(), few_.end());
    many_.insert(hash);
  }
  return true;
}

void BoundedJson::WriteMember(const JsonValue& key, const JsonValue& value, JsonNames& names, JsonWriter& json) {
  WriteMemberAt(key, value, 0, names, json);
}

void BoundedJson::WriteMemberAt(const JsonValue& key, const JsonValue& value, size_t depth, JsonNames& names, JsonWriter& json) {
  const std::string_view name = NameOf(key);
  if (!names.Add(name)) {
    changed_ = true;
    return;
  }
  json.Key(name);
  WriteValue(value, depth, json);
}

// Valid until the next call.
std::string_view BoundedJson::NameOf(const JsonValue& key) {
  std::string_view name = TextOf(key, scratch_);
  if (name.size() <= limits_.key_bytes && IsPlainName(name)) return name;
  name_.clear();
  AppendFitting(CutAtCharacter(name, limits_.key_bytes), name_);
  if (name_ != name) changed_ = true;
  return name_;
}

void BoundedJson::WriteValue(const JsonValue& value, size_t depth, JsonWriter& json) {
  switch (value.kind) {
    case JsonKind::kString:
      return WriteString(value, json);
    case JsonKind::kNumber:
      return WriteNumber(value.raw, json);
    case JsonKind::kLiteral:
      json.Raw(value.raw);
      return;
    case JsonKind::kObject:
    case JsonKind::kArray:
      return WriteNested(value, depth, json);
  }
}

void BoundedJson::WriteNested(const JsonValue& value, size_t depth, JsonWriter& json) {
  if (depth >= limits_.depth) {
    changed_ = true;
    return WriteText(value.raw, json);
  }
  const bool object = value.kind == JsonKind::kObject;
  object ? json.BeginObject() : json.BeginArray();
  JsonNames names;
  JsonMembers members(value.raw);
  while (members.Next()) {
    if (object) {
      WriteMemberAt(members.key(), members.value(), depth + 1, names, json);
    } else {
      WriteValue(members.value(), depth + 1, json);
    }
  }
  object ? json.EndObject() : json.EndArray();
  if (!members.valid()) changed_ = true;
}

void BoundedJson::WriteString(const JsonValue& value, JsonWriter& json) {
  // Escapes may stand for half a character (\ud800), which some readers refuse: those are written anew.
  const bool plain = !value.escaped || value.raw.find("\\u") == std::string_view::npos;
  if (!plain || value.raw.size() > limits_.text_bytes) return WriteText(TextOf(value, scratch_), json);
  json.Raw({value.raw.data() - 1, value.raw.size() + 2});
}

void BoundedJson::WriteNumber(std::string_view number, JsonWriter& json) {
  if (HoldsEverywhere(number)) {
    json.Raw(number);
    return;
  }
  changed_ = true;
  WriteText(number, json);
}

void BoundedJson::WriteText(std::string_view text, JsonWriter& json) {
  if (text.size() <= limits_.text_bytes) {
    json.Text(text);
    return;
  }
  changed_ = true;
  std::string cut(CutAtCharacter(text, limits_.text_bytes));
  json.Text(cut.append("…"));
}

}  // namespace logmill
