// json::FindPath: a dotted path inside a nested value.
#include <charconv>
#include <optional>

#include "ingest/json_object.h"

namespace logmill::json {
namespace {

struct Head {
  std::string_view first;  // the path's first key
  std::string_view rest;   // what follows its dot
  bool last = true;        // there is no dot
};

Head SplitPath(std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return {path, {}, true};
  return {path.substr(0, dot), path.substr(dot + 1), false};
}

bool Means(std::string_view raw, bool escaped, std::string_view name) { return escaped ? UnescapesTo(raw, name) : raw == name; }

std::optional<size_t> ArrayIndex(std::string_view text) {
  size_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool canonical = text == "0" || !text.starts_with('0');
  if (error != std::errc() || end != text.data() + text.size() || !canonical) return std::nullopt;
  return index;
}

RawValue Descend(const RawValue& child, const Head& head) { return head.last ? child : FindPath(child, head.rest); }

RawValue FindInObject(Scanner& scanner, const char* p, std::string_view path) {
  const Head head = SplitPath(path);
  RawValue child;
  RawValue flat;
  while (p != scanner.end() && *p == '"') {
    RawValue key;
    Stop stop = ScanValue(scanner, p, true, &key);
    RawValue value;
    if (stop.ok) stop = ScanValue(scanner, scanner.SkipSpace(scanner.SkipSpace(stop.at) + 1), true, &value);
    if (!stop.ok) return {};
    if (Means(key.text, key.escaped, head.first)) child = value;
    if (Means(key.text, key.escaped, path)) flat = value;
    p = scanner.SkipSpace(scanner.SkipSpace(stop.at) + 1);
  }
  const RawValue nested = Descend(child, head);
  return nested.type != Value::Type::kAbsent ? nested : flat;
}

RawValue FindInArray(Scanner& scanner, const char* p, std::string_view path) {
  const Head head = SplitPath(path);
  const std::optional<size_t> wanted = ArrayIndex(head.first);
  if (!wanted) return {};
  for (size_t i = 0; p != scanner.end() && *p != ']'; ++i) {
    RawValue value;
    const Stop stop = ScanValue(scanner, p, true, &value);
    if (!stop.ok) return {};
    if (i == *wanted) return Descend(value, head);
    p = scanner.SkipSpace(stop.at);
    if (p != scanner.end() && *p == ',') p = scanner.SkipSpace(p + 1);
  }
  return {};
}

}  // namespace

RawValue FindPath(const RawValue& parent, std::string_view path) {
  const bool object = parent.type == Value::Type::kObject;
  if (!object && parent.type != Value::Type::kArray) return {};
  Scanner scanner(parent.text);
  const char* p = scanner.SkipSpace(scanner.begin() + 1);
  return object ? FindInObject(scanner, p, path) : FindInArray(scanner, p, path);
}

}  // namespace logmill::json
