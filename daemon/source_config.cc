#include "daemon/source_config.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/formats.h"
#include "rules/pattern.h"
#include "rules/read_conditions.h"
#include "rules/wording.h"
#include "sources/glob.h"

namespace logmill {
namespace {

constexpr int64_t kLongestLine = int64_t{1} << 30;
constexpr int64_t kShortestEnvelope = 4096;  // there has to be room for what stands around a message

using Resolve = std::function<std::string(const std::string&)>;

std::optional<StartAt> ReadStart(const std::optional<YamlValue>& value) {
  const auto text = value ? value->Text() : std::nullopt;
  if (!text) return std::nullopt;
  if (*text == "start") return StartAt::kStart;
  if (*text == "end") return StartAt::kEnd;
  ReportUnknownWord(*value, *text, {"start", "end"}, "start");
  return std::nullopt;
}

void ReadListen(YamlMap& map, std::string& address) {
  const auto value = map.Find("listen");
  const auto text = value ? value->NonEmptyText() : std::nullopt;
  if (!text) return;
  if (!IsAddress(*text)) return value->Error("\"" + *text + "\" is no address; write host:port, for example '" + address + "'");
  address = *text;
}

DockerOptions ReadDocker(const YamlValue& value, const Resolve& resolve, std::optional<StartAt> from) {
  YamlMap map(value);
  DockerOptions options;
  if (const auto socket = map.Find("socket")) options.socket = resolve(socket->NonEmptyText().value_or(options.socket));
  options.names = map.Texts("names");
  options.labels = map.Texts("labels");
  if (from) options.start = *from;
  map.Done();
  return options;
}

JournalOptions ReadJournal(const YamlValue& value, const Resolve& resolve, std::optional<StartAt> from) {
  YamlMap map(value);
  JournalOptions options;
  options.units = map.Texts("units");
  if (const auto matches = map.Find("matches")) {
    for (const YamlValue& match : matches->OneOrMore()) {
      options.matches.push_back(match.NonEmptyText().value_or(""));
      if (options.matches.back().find('=', 1) == std::string::npos) match.Error("a match is FIELD=value, for example PRIORITY=3");
    }
  }
  if (const std::string folder = map.Text("directory", ""); !folder.empty()) options.directory = resolve(folder);
  if (from) options.start = *from;
  map.Done();
  return options;
}

SyslogOptions ReadSyslog(const YamlValue& value) {
  YamlMap map(value);
  SyslogOptions options;
  ReadListen(map, options.listen);
  options.setting = value.name() + ".listen";
  options.udp = map.Bool("udp", options.udp);
  options.tcp = map.Bool("tcp", options.tcp);
  if (map.ok() && !options.udp && !options.tcp) value.Error("with neither udp nor tcp nothing can come in; leave one of them on");
  options.max_message_bytes =
      static_cast<size_t>(map.Int("max_message_bytes", static_cast<int64_t>(options.max_message_bytes), 480, kLongestLine));
  options.max_connections = static_cast<size_t>(map.Int("max_connections", static_cast<int64_t>(options.max_connections), 1, 1 << 20));
  map.Done();
  return options;
}

// The secret stands in the configuration itself or, better, in a file of its own. An empty one, which lets everybody in, is never meant.
std::string ReadToken(YamlMap& map, const Resolve& resolve) {
  const auto given = map.Find("token");
  const auto file = map.Find("token_file");
  if (given && file) file->Error("there is a `token` already; one of the two is enough");
  if (given) return given->NonEmptyText().value_or("");
  const auto path = file ? file->NonEmptyText() : std::nullopt;
  if (!path) return "";
  std::string token;
  std::ifstream stream(resolve(*path));
  if (!std::getline(stream, token) || token.empty())
    file->Error("no token can be read from " + Quote(*path) + "; its first line has to be one");
  return token;
}

HttpSourceOptions ReadHttp(const YamlValue& value, const Resolve& resolve) {
  YamlMap map(value);
  HttpSourceOptions options;
  ReadListen(map, options.listen);
  options.setting = value.name() + ".listen";
  if (const auto path = map.Find("path")) {
    options.path = path->NonEmptyText().value_or(options.path);
    if (!options.path.starts_with('/')) path->Error("a path begins with \"/\", for example '/logs'");
  }
  options.max_body_bytes = static_cast<size_t>(map.Int("max_body_bytes", static_cast<int64_t>(options.max_body_bytes), 1024, kLongestLine));
  options.max_connections = static_cast<size_t>(map.Int("max_connections", static_cast<int64_t>(options.max_connections), 1, 1 << 20));
  options.token = ReadToken(map, resolve);
  map.Done();
  return options;
}

FileOptions ReadFileOptions(const YamlValue& pattern, YamlMap& map, const Resolve& resolve, std::optional<StartAt> from) {
  FileOptions options;
  if (const auto path = pattern.NonEmptyText()) options.pattern = resolve(*path);
  for (const std::string& rotated : map.Texts("rotated")) options.rotated.push_back(resolve(rotated));
  options.from = from.value_or(StartAt::kStart);
  return options;
}

// What the source reads from, and the name that it has when none is given.
void ReadInput(const YamlValue& value, YamlMap& map, const Resolve& resolve, SourceConfig& source) {
  const auto file = map.Find("file");
  const auto docker = map.Find("docker");
  const auto journald = map.Find("journald");
  const auto syslog = map.Find("syslog");
  const auto http = map.Find("http");
  const bool is_stdin = map.Bool("stdin", false);
  const auto from_value = map.Find("from");
  const auto from = ReadStart(from_value);
  const int kinds = (file ? 1 : 0) + (docker ? 1 : 0) + (journald ? 1 : 0) + (syslog ? 1 : 0) + (http ? 1 : 0) + (is_stdin ? 1 : 0);
  if (map.ok() && kinds != 1) {
    value.Error("a source has one of `file: PATH` (a glob is fine), `stdin: true`, `docker`, `journald`, `syslog` and `http`");
  }
  if (file) {
    source.input = ReadFileOptions(*file, map, resolve, from);
    source.name = std::get<FileOptions>(source.input).pattern;
  } else if (docker) {
    source.input = ReadDocker(*docker, resolve, from);
    source.name = "docker";
  } else if (journald) {
    source.input = ReadJournal(*journald, resolve, from);
    source.name = "journald";
  } else if (syslog) {
    source.input = ReadSyslog(*syslog);
    source.name = "syslog";
  } else if (http) {
    source.input = ReadHttp(*http, resolve);
    source.name = "http";
  } else if (is_stdin) {
    source.input = StdinOptions();
    source.name = "stdin";
  }
  if (from_value && (syslog || http || is_stdin)) from_value->Error("this source has neither start nor end to begin at; leave it out");
}

void ReadFormat(YamlMap& map, SourceConfig& source) {
  const auto value = map.Find("format");
  const auto text = value ? value->Text() : std::nullopt;
  if (text && !SetFormat(*text, source.stream)) return ReportUnknownWord(*value, *text, FormatNames(), "format");
  if (!IsReceived(source)) return;
  if (source.stream.framing != Framing::kNone) value->Error("\"" + *text + "\" is a format of files; leave it out here");
  source.stream.framing = Framing::kEnvelope;
}

void ReadPreset(const YamlValue& value, KeyNames& keys) {
  const auto name = value.Text();
  if (!name) return;
  if (auto preset = KeyPreset(*name)) {
    keys = *preset;
  } else {
    ReportUnknownWord(value, *name, KeyPresetNames(), "key preset");
  }
}

void ReadUnit(const YamlValue& value, KeyNames& keys) {
  struct UnitName {
    std::string_view name;
    TimestampUnit unit;
  };
  static constexpr UnitName kUnits[] = {{"ms", TimestampUnit::kMilliseconds},
                                        {"s", TimestampUnit::kSeconds},
                                        {"ns", TimestampUnit::kNanoseconds},
                                        {"rfc3339", TimestampUnit::kRfc3339},
                                        {"auto", TimestampUnit::kAuto}};
  const auto text = value.Text();
  if (!text) return;
  std::vector<std::string_view> names;
  for (const UnitName& unit : kUnits) {
    names.push_back(unit.name);
    if (unit.name != *text) continue;
    keys.timestamp_unit = unit.unit;
    return;
  }
  ReportUnknownWord(value, *text, names, "timestamp unit");
}

// A preset's name, or a map: a preset to begin with and the keys that differ.
void ReadKeys(const YamlValue& value, KeyNames& keys) {
  if (value.is_scalar()) return ReadPreset(value, keys);
  YamlMap map(value);
  if (const auto preset = map.Find("preset")) ReadPreset(*preset, keys);
  keys.level = map.Text("level", keys.level);
  keys.pid = map.Text("pid", keys.pid);
  keys.timestamp = map.Text("timestamp", keys.timestamp);
  keys.message = map.Text("message", keys.message);
  keys.context = map.Text("context", keys.context);
  keys.translate_levels = map.Bool("translate_levels", keys.translate_levels);
  if (const auto unit = map.Find("timestamp_unit")) ReadUnit(*unit, keys);
  map.Done();
}

// `join: traces`, or a map with what differs from it.
void ReadJoin(const YamlValue& value, JoinOptions& join) {
  join.enabled = true;
  if (value.is_scalar()) {
    const auto text = value.Text();
    if (text && *text != "traces") ReportUnknownWord(value, *text, {"traces"}, "way to join lines");
    return;
  }
  YamlMap map(value);
  const auto continues = map.Find("continues");
  if (const auto regex = continues ? ReadRegexText(*continues) : std::nullopt) {
    const auto pattern = std::make_shared<const Pattern>(*regex);
    join.continues = [pattern](std::string_view line) {
      std::vector<std::string_view> captures(pattern->groups());
      return pattern->Match(line, false, captures);
    };
  }
  join.max_lines = static_cast<size_t>(map.Int("max_lines", static_cast<int64_t>(join.max_lines), 2, 1'000'000));
  join.max_bytes = static_cast<size_t>(map.Int("max_bytes", static_cast<int64_t>(join.max_bytes), 1024, kLongestLine));
  join.max_wait = std::chrono::milliseconds(map.Int("max_wait_ms", join.max_wait.count(), 10, 600'000));
  map.Done();
}

}  // namespace

bool IsReceived(const SourceConfig& source) {
  return !std::holds_alternative<FileOptions>(source.input) && !std::holds_alternative<StdinOptions>(source.input);
}

bool Owns(const SourceConfig& source, const Position& position, const std::vector<SourceConfig>& all) {
  const auto* files = std::get_if<FileOptions>(&source.input);
  if (position.file.path.empty() != (files == nullptr)) return false;
  if (position.source == source.name) return true;
  if (files == nullptr || std::ranges::find(all, position.source, &SourceConfig::name) != all.end()) return false;
  return MatchesGlob(files->pattern, position.file.path);
}

const std::string* ListenAddress(const SourceConfig& source) {
  if (const auto* syslog = std::get_if<SyslogOptions>(&source.input)) return &syslog->listen;
  if (const auto* http = std::get_if<HttpSourceOptions>(&source.input)) return &http->listen;
  return nullptr;
}

bool IsAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
  return std::stoi(std::string(port)) <= 65535;
}

void ReportUnknownWord(const YamlValue& value, std::string_view word, const std::vector<std::string_view>& known, std::string_view kind) {
  value.Error("unknown " + std::string(kind) + " " + Quote(word) + DidYouMean(word, known) + "; known are: " + JoinNames(known));
}

SourceConfig ReadSource(const YamlValue& value, const std::function<std::string(const std::string&)>& resolve) {
  YamlMap map(value);
  SourceConfig source;
  ReadInput(value, map, resolve, source);
  source.name = map.Text("name", source.name);
  ReadFormat(map, source);
  if (const auto keys = map.Find("keys")) ReadKeys(*keys, source.stream.keys);
  if (const auto join = map.Find("join")) ReadJoin(*join, source.stream.join);
  source.stream.max_line_bytes =
      static_cast<size_t>(map.Int("max_line_bytes", int64_t{1} << 20, IsReceived(source) ? kShortestEnvelope : 64, kLongestLine));
  source.stream.flush_after = std::chrono::milliseconds(map.Int("flush_after_ms", source.stream.flush_after.count(), 100, 86'400'000));
  source.poll = map.Bool("poll", false);
  source.poll_interval = std::chrono::milliseconds(map.Int("poll_interval_ms", 250, 1, 60'000));
  map.Done();
  return source;
}

}  // namespace logmill
