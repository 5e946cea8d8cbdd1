#include "ingest/json_object.h"

#include <algorithm>
#include <cstring>

namespace logmill::json {
namespace {

bool EndsObject(const Scanner& scanner, const char* p) { return scanner.SkipSpace(p) == scanner.end(); }

bool PlainAscii(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

uint64_t SizeBit(size_t size) { return uint64_t{1} << std::min<size_t>(size, 63); }

std::string_view Between(const char* from, const char* to) { return {from, static_cast<size_t>(to - from)}; }

Stop ScanString(Scanner& scanner, const char* p, RawValue* value) {
  value->type = Value::Type::kString;
  const Stop stop = scanner.String(p + 1, &value->escaped);
  if (stop.ok) value->text = Between(p + 1, stop.at - 1);
  return stop;
}

}  // namespace

Stop ScanValue(Scanner& scanner, const char* p, bool proven, RawValue* value) {
  if (p == scanner.end()) return {p, false};
  if (*p == '"') return ScanString(scanner, p, value);
  Stop stop;
  switch (*p) {
    case '{':
    case '[':
      value->type = *p == '{' ? Value::Type::kObject : Value::Type::kArray;
      stop = proven ? scanner.Nested(p) : Stop{p, false};
      break;
    case 't':
    case 'f':
    case 'n':
      value->type = *p == 'n' ? Value::Type::kNull : Value::Type::kBool;
      stop = ScanLiteral(p, scanner.end());
      break;
    default:
      value->type = Value::Type::kNumber;
      stop = ScanNumber(p, scanner.end());
  }
  if (stop.ok) value->text = Between(p, stop.at);
  return stop;
}

ObjectReader::Token::Token(std::string_view name) {
  if (!PlainAscii(name)) return;
  text = '"' + std::string(name) + "\":";
  if (text.size() > sizeof(bytes)) return;
  char ones[sizeof(mask)] = {};
  std::fill_n(ones, text.size(), static_cast<char>(-1));
  std::memcpy(mask.data(), ones, sizeof(mask));
  std::memcpy(bytes.data(), text.data(), text.size());
}

inline bool ObjectReader::Token::StandsAt(const char* p, const char* end) const {
  if (text.empty()) return false;
  if (mask[0] == 0 || end - p < 16) return std::string_view(p, static_cast<size_t>(end - p)).starts_with(text);
  std::array<uint64_t, 2> here;
  std::memcpy(here.data(), p, sizeof(here));
  return (((here[0] & mask[0]) ^ bytes[0]) | ((here[1] & mask[1]) ^ bytes[1])) == 0;
}

ObjectReader::ObjectReader(const std::vector<std::string>& paths) : slots_(paths.size()) {
  keys_.reserve(paths.size() * 2);  // order_ points into it
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i];
    KeyNamed(path)->slot = static_cast<int>(i);
    const size_t dot = path.find('.');
    if (dot != std::string::npos) KeyNamed(path.substr(0, dot))->branches.push_back({i, path.substr(dot + 1)});
  }
}

ObjectReader::Key* ObjectReader::KeyNamed(std::string_view name) {
  const auto found = std::ranges::find(keys_, name, &Key::name);
  if (found != keys_.end()) return &*found;
  name_sizes_ |= SizeBit(name.size());
  return &keys_.emplace_back(Key{.name = std::string(name), .token = Token(name), .branches = {}, .parent = {}});
}

ObjectReader::Key* ObjectReader::Find(std::string_view raw, bool escaped) {
  if (!escaped && (name_sizes_ & SizeBit(raw.size())) == 0) return nullptr;
  for (Key& key : keys_) {
    if (escaped ? UnescapesTo(raw, key.name) : raw == key.name) return &key;
  }
  return nullptr;
}

// Stops behind the colon.
inline Stop ObjectReader::ReadKey(Scanner& scanner, const char* p, size_t place, Key** key) {
  if (place < kLearned && order_[place] != nullptr && order_[place]->token.StandsAt(p, scanner.end())) {
    *key = order_[place];
    return {p + (*key)->token.text.size(), true};
  }
  if (p == scanner.end() || *p != '"') return {p, false};
  bool escaped = false;
  const Stop name = scanner.String(p + 1, &escaped);
  if (!name.ok) return name;
  *key = Find(Between(p + 1, name.at - 1), escaped);
  if (place < kLearned) order_[place] = *key;
  p = scanner.SkipSpace(name.at);
  return p != scanner.end() && *p == ':' ? Stop{p + 1, true} : Stop{p, false};
}

// Values are scanned right into their place: copying one just after it was written would stall the processor.
inline RawValue* ObjectReader::PlaceFor(const Key* key) {
  RawValue* const place = key != nullptr && key->slot >= 0 ? &slots_[static_cast<size_t>(key->slot)] : &unwanted_;
  *place = {};
  return place;
}

bool ObjectReader::ReadMembers(Scanner& scanner, const char* p, bool proven) {
  for (size_t place = 0;; ++place) {
    Key* key = nullptr;
    Stop stop = ReadKey(scanner, p, place, &key);
    if (!stop.ok) return false;
    RawValue* const value = PlaceFor(key);
    stop = ScanValue(scanner, scanner.SkipSpace(stop.at), proven, value);
    if (!stop.ok) return false;
    if (proven && key != nullptr && !key->branches.empty()) key->parent = *value;
    p = scanner.SkipSpace(stop.at);
    if (p == scanner.end()) return false;
    if (*p == '}') return EndsObject(scanner, p + 1);
    if (*p != ',') return false;
    p = scanner.SkipSpace(p + 1);
  }
}

bool ObjectReader::Read(std::string_view text, Trust trust) {
  const bool proven = trust == Trust::kProven;
  std::ranges::fill(slots_, RawValue{});
  if (proven) {
    for (Key& key : keys_) key.parent = {};
  }
  Scanner scanner(text);
  const char* p = scanner.SkipSpace(scanner.begin());
  if (p == scanner.end() || *p != '{') return false;
  p = scanner.SkipSpace(p + 1);
  const bool empty = p != scanner.end() && *p == '}';
  if (!(empty ? EndsObject(scanner, p + 1) : ReadMembers(scanner, p, proven))) return false;
  high_bit_seen_ = scanner.high_bit_seen();
  if (proven) FollowBranches();
  return true;
}

void ObjectReader::FollowBranches() {
  for (const Key& key : keys_) {
    for (const Branch& branch : key.branches) {
      const RawValue found = FindPath(key.parent, branch.rest);
      if (found.type != Value::Type::kAbsent) slots_[branch.slot] = found;
    }
  }
}

}  // namespace logmill::json
