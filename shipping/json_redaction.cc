#include "shipping/json_redaction.h"

#include <algorithm>

#include "ingest/json_text.h"
#include "shipping/json_members.h"
#include "shipping/json_writer.h"

namespace logmill {
namespace {

constexpr char kRedacted[] = "\"[redacted]\"";
constexpr unsigned kDeepest = 32;        // levels that a path is followed through: each one reads all below it once more
constexpr size_t kMostHarmless = 1024;   // names that are remembered
constexpr size_t kLongestHarmless = 64;  // bytes of one

// Behind `key` and a dot in `path`, or nothing ("" is a path of its own).
bool LeadsOn(std::string_view path, std::string_view key, std::string_view* rest) {
  if (path.size() <= key.size() || !path.starts_with(key) || path[key.size()] != '.') return false;
  *rest = path.substr(key.size() + 1);
  return true;
}

// A value with its quotes, where it stands in the text.
std::string_view WholeValue(const JsonValue& value) {
  if (value.kind != JsonKind::kString) return value.raw;
  return {value.raw.data() - 1, value.raw.size() + 2};
}

// The name of a member, or the index of an element.
std::string_view NameOf(const JsonValue& key, size_t index, bool array, std::string& scratch) {
  if (!array) return TextOf(key, scratch);
  scratch = std::to_string(index);
  return scratch;
}

// What of `paths` goes on inside of the member `name`. The elements of an array stand where it stands.
std::vector<std::string_view> Inside(const std::vector<std::string_view>& paths, std::string_view name, bool array) {
  std::vector<std::string_view> rests;
  if (array) rests = paths;
  std::string_view rest;
  for (const std::string_view path : paths) {
    if (LeadsOn(path, name, &rest) && std::ranges::find(rests, rest) == rests.end()) rests.push_back(rest);
  }
  return rests;
}

}  // namespace

std::string_view JsonRedactor::Redact(std::string_view json) {
  if (!paths_.empty()) {
    source_ = json;
    out_ = &without_fields_;
    without_fields_.clear();
    size_t copied = 0;
    if (RedactFields(json, paths_, 1, copied)) {
      without_fields_.append(json.substr(copied));
      json = without_fields_;
    }
  }
  return RedactStrings(json) ? std::string_view(without_words_) : json;
}

void JsonRedactor::Replace(std::string_view value, std::string_view by, size_t& copied) {
  const auto at = static_cast<size_t>(value.data() - source_.data());
  out_->append(source_.substr(copied, at - copied)).append(by);
  copied = at + value.size();
}

bool JsonRedactor::RedactFields(std::string_view json, const Paths& paths, unsigned depth, size_t& copied) {
  bool changed = false;
  const bool array = json.find_first_not_of(" \t\r\n") != std::string_view::npos && json[json.find_first_not_of(" \t\r\n")] == '[';
  std::string scratch;
  JsonMembers members(json);
  for (size_t index = 0; members.Next(); ++index) {
    const std::string_view name = NameOf(members.key(), index, array, scratch);
    const JsonKind kind = members.value().kind;
    const bool named = std::ranges::find(paths, name) != paths.end();
    const Paths rests = !named && (kind == JsonKind::kObject || kind == JsonKind::kArray) ? Inside(paths, name, array) : Paths();
    if (named || (!rests.empty() && depth == kDeepest)) {
      Replace(WholeValue(members.value()), kRedacted, copied);
      count_.fetch_add(1, std::memory_order_relaxed);
      changed = true;
    } else if (!rests.empty()) {
      changed |= RedactFields(members.value().raw, rests, depth + 1, copied);
    }
  }
  return changed;
}

bool JsonRedactor::RedactStrings(std::string_view json) {
  if (words_.kinds().empty()) return false;
  source_ = json;
  out_ = &without_words_;
  without_words_.clear();
  renamed_.clear();
  size_t copied = 0;
  size_t depth = 0;
  json::Scanner scanner(json);
  for (const char* p = scanner.begin(); p != scanner.end();) {
    const char c = *p++;
    if (c == '{') ++depth;
    if (c == '}') LeaveObject(depth--);
    if (c != '"') continue;
    bool has_escapes = false;
    const json::Stop stop = scanner.String(p, &has_escapes);
    if (!stop.ok) break;
    const JsonValue string{.kind = JsonKind::kString, .raw = {p, static_cast<size_t>(stop.at - 1 - p)}, .escaped = has_escapes};
    const char* const next = scanner.SkipSpace(stop.at);
    const bool is_name = next != scanner.end() && *next == ':';
    const std::string_view text = TextOf(string, unescaped_);
    if (is_name ? RedactName(text, depth) : words_.Redact(text, redacted_)) {
      escaped_.clear();
      JsonWriter(escaped_).Text(redacted_);
      Replace(WholeValue(string), escaped_, copied);
    }
    p = stop.at;
  }
  if (copied == 0) return false;
  without_words_.append(json.substr(copied));
  return true;
}

bool JsonRedactor::RedactName(std::string_view name, size_t depth) {
  lookup_.assign(name);
  if (harmless_.contains(lookup_)) return false;
  if (!words_.Redact(name, redacted_)) {
    if (harmless_.size() < kMostHarmless && name.size() <= kLongestHarmless) harmless_.insert(lookup_);
    return false;
  }
  if (renamed_.empty() || renamed_.back().depth < depth) renamed_.push_back({.depth = depth, .names = {}});
  const size_t times = ++renamed_.back().names[redacted_];
  if (times > 1) redacted_ += " " + std::to_string(times);
  return true;
}

void JsonRedactor::LeaveObject(size_t depth) {
  if (!renamed_.empty() && renamed_.back().depth == depth) renamed_.pop_back();
}

}  // namespace logmill
