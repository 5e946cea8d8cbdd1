#include "shipping/loki_streams.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/utf8.h"
#include "logging/schema.h"
#include "shipping/json_members.h"
#include "shipping/json_writer.h"

namespace logmill {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr size_t kMostLabels = 15;       // Loki's max_label_names_per_series
constexpr size_t kMostNameBytes = 1024;  // max_label_name_length
constexpr size_t kMostValueBytes = 256;  // what a label is good for; Loki's own limit (max_label_value_length) is 2048
constexpr std::string_view kUnknownService = "unknown_service";  // Loki's own words for it

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<std::pair<std::string_view, LokiVariable>, 9> kVariables{{{"$service", LokiVariable::kService},
                                                                               {"$source", LokiVariable::kSource},
                                                                               {"$level", LokiVariable::kLevel},
                                                                               {"$format", LokiVariable::kFormat},
                                                                               {"$stream", LokiVariable::kStream},
                                                                               {"$context", LokiVariable::kContext},
                                                                               {"$pid", LokiVariable::kPid},
                                                                               {"$host", LokiVariable::kHost},
                                                                               {"$environment", LokiVariable::kEnvironment}}};

bool IsName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kMostNameBytes && letter(name[0]) && std::ranges::all_of(name, inner);
}

std::expected<LokiLabel, std::string> ParseLabel(const std::string& name, const std::string& value) {
  if (!IsName(name)) return std::unexpected("\"" + name + "\" is no name of a label: letters, digits and _, no digit first");
  if (name.starts_with("__")) return std::unexpected("the label " + name + " is Loki's own: its name begins with __");
  if (FindInvalidUtf8(value) != std::string::npos) return std::unexpected("the value of the label " + name + " is no UTF-8");
  if (!value.starts_with('$')) return LokiLabel{.name = name, .text = value};
  const auto known = std::ranges::find(kVariables, value, &std::pair<std::string_view, LokiVariable>::first);
  if (known != kVariables.end()) return LokiLabel{.name = name, .variable = known->second};
  std::string names;
  for (const auto& variable : kVariables) names.append(" ").append(variable.first);
  return std::unexpected("the label " + name + ": there is no " + value + "; there are" + names);
}

// A string literal of Go, as strconv.Quote writes it for printable text.
void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x", out += "01234567"[byte >> 4], out += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

LokiStream MakeStream(std::span<const Pair> labels) {
  LokiStream stream;
  JsonWriter json(stream.json);
  stream.labels = "{";
  json.BeginObject();
  for (const auto& [name, value] : labels) {
    if (stream.labels.size() > 1) stream.labels += ", ";
    stream.labels.append(name).append("=");
    AppendQuoted(value, stream.labels);
    json.Key(name).Text(value);
  }
  json.EndObject();
  stream.labels += "}";
  return stream;
}

// So that no two lists of values make the same key.
void AppendToKey(std::string_view value, std::string& key) {
  key += static_cast<char>(value.size() >> 8);
  key += static_cast<char>(value.size() & 0xFF);
  key += value;
}

std::string_view Bounded(std::string_view value) { return CutAtCharacter(value, kMostValueBytes); }

void SortByTime(std::vector<size_t>& records, std::span<const ShipRecord> batch) {
  const auto time = [&](size_t index) { return batch[index].time_ns; };
  if (!std::ranges::is_sorted(records, {}, time)) std::ranges::stable_sort(records, {}, time);
}

}  // namespace

std::expected<std::vector<LokiLabel>, std::string> ParseLokiLabels(const std::vector<std::pair<std::string, std::string>>& labels) {
  std::vector<LokiLabel> parsed;
  for (const auto& [name, value] : labels) {
    auto label = ParseLabel(name, value);
    if (!label) return std::unexpected(label.error());
    if (std::ranges::find(parsed, name, &LokiLabel::name) != parsed.end()) return std::unexpected("there are two labels " + name);
    parsed.push_back(std::move(*label));
  }
  if (parsed.empty()) return std::unexpected("there are no labels, and Loki wants at least one");
  if (parsed.size() > kMostLabels)
    return std::unexpected("there are more than " + std::to_string(kMostLabels) + " labels: Loki takes no more");
  std::ranges::sort(parsed, {}, &LokiLabel::name);
  return parsed;
}

LokiStreams::LokiStreams(std::vector<LokiLabel> labels, ShipIdentity identity, size_t most)
    : labels_(std::move(labels)), identity_(std::move(identity)), most_(most) {}

std::span<LokiStream* const> LokiStreams::Divide(std::span<const ShipRecord> batch) {
  for (LokiStream* stream : used_) stream->records.clear();
  used_.clear();
  overflowed_ = 0;
  for (const ShipRecord& record : batch) now_ms_ = std::max(now_ms_, record.read_ms);
  ForgetOld(now_ms_);
  for (size_t i = 0; i < batch.size(); ++i) {
    LokiStream& stream = StreamOf(batch[i]);
    if (stream.records.empty()) used_.push_back(&stream);
    stream.records.push_back(i);
    stream.used_ms = now_ms_;
  }
  for (LokiStream* stream : used_) SortByTime(stream->records, batch);
  return used_;
}

void LokiStreams::ForgetOld(int64_t now_ms) {
  const auto is_old = [&](const LokiStream& stream) { return stream.used_ms < now_ms - kHourMs; };
  if (streams_.size() < most_ || oldest_ms_ >= now_ms - kHourMs) return;
  std::erase_if(streams_, [&](const Map::value_type& entry) { return is_old(entry.second); });
  oldest_ms_ = std::numeric_limits<int64_t>::max();
  for (const auto& [key, stream] : streams_) oldest_ms_ = std::min(oldest_ms_, stream.used_ms);
}

LokiStream& LokiStreams::StreamOf(const ShipRecord& record) {
  key_.clear();
  for (const LokiLabel& label : labels_) {
    if (label.variable != LokiVariable::kText) AppendToKey(ValueOf(label, record), key_);
  }
  if (const auto known = streams_.find(key_); known != streams_.end()) return known->second;
  if (streams_.size() >= most_) return OverflowOf(record);
  std::vector<std::string> values;
  for (const LokiLabel& label : labels_) values.emplace_back(ValueOf(label, record));
  std::vector<Pair> pairs;
  for (size_t i = 0; i < labels_.size(); ++i) {
    if (!values[i].empty()) pairs.emplace_back(labels_[i].name, values[i]);
  }
  if (pairs.empty()) pairs.emplace_back("service_name", kUnknownService);
  return streams_.emplace(key_, MakeStream(pairs)).first->second;
}

LokiStream& LokiStreams::OverflowOf(const ShipRecord& record) {
  ++overflowed_;
  const std::string_view service = identity_.ServiceOf(record);
  const std::string_view level = LogLevelFromName(record.level) ? record.level : std::string_view();
  key_.clear();
  AppendToKey(Bounded(service), key_);
  key_ += level;
  if (const auto known = overflow_.find(key_); known != overflow_.end()) return known->second;
  std::vector<Pair> pairs;
  if (!level.empty()) pairs.emplace_back("level", level);
  pairs.emplace_back("overflow", "true");
  pairs.emplace_back("service_name", service.empty() ? kUnknownService : Bounded(service));
  return overflow_.emplace(key_, MakeStream(pairs)).first->second;
}

std::string_view LokiStreams::ValueOf(const LokiLabel& label, const ShipRecord& record) {
  switch (label.variable) {
    case LokiVariable::kText:
      return Bounded(label.text);
    case LokiVariable::kService:
      return Bounded(identity_.ServiceOf(record));
    case LokiVariable::kSource:
      return Bounded(record.source);
    case LokiVariable::kLevel:
      return Bounded(record.level);
    case LokiVariable::kFormat:
      return record.format == RecordFormat::kJson ? "json" : "text";
    case LokiVariable::kStream:
      return Bounded(record.stream);
    case LokiVariable::kContext:
      return Bounded(record.context);
    case LokiVariable::kPid:
      number_ = record.pid ? std::to_string(*record.pid) : "";
      return number_;
    case LokiVariable::kHost:
      return Bounded(identity_.host);
    case LokiVariable::kEnvironment:
      return Bounded(identity_.environment);
  }
  return {};
}

}  // namespace logmill
