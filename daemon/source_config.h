// One entry of `sources` in the configuration.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/stream.h"
#include "rules/yaml_reader.h"
#include "sources/docker_receiver.h"
#include "sources/http_receiver.h"
#include "sources/journal_receiver.h"
#include "sources/source.h"
#include "sources/syslog_receiver.h"

namespace logmill {

struct FileOptions {
  std::string pattern;               // a path or a glob
  std::vector<std::string> rotated;  // globs of where rotated files go
  StartAt from = StartAt::kStart;
};
struct StdinOptions {};

struct SourceConfig {
  std::string name;  // label value of our own metrics, and by which the checkpoint knows it; by default the path, or the kind
  std::variant<FileOptions, StdinOptions, DockerOptions, JournalOptions, SyslogOptions, HttpSourceOptions> input;
  StreamOptions stream;
  bool poll = false;                             // ask for changes, since the system does not tell (network file systems)
  std::chrono::milliseconds poll_interval{250};  // how long a change can go unseen where the system does not tell of it
};

// Reads one entry; mistakes become errors. `resolve` makes a path of the configuration one that can be opened.
SourceConfig ReadSource(const YamlValue& value, const std::function<std::string(const std::string&)>& resolve);

// Whether its lines come from a receiver, through a Feed, and not from a file or standard input.
bool IsReceived(const SourceConfig& source);

// Whether an earlier life's position is one of `source`, one of `all`: by name, or, when nothing has that name any more, by its path.
bool Owns(const SourceConfig& source, const Position& position, const std::vector<SourceConfig>& all);

// The address at which it listens; null when it does not.
const std::string* ListenAddress(const SourceConfig& source);

// host:port, [v6]:port or :port, with a port up to 65535.
bool IsAddress(std::string_view address);

// An error with the nearest known word.
void ReportUnknownWord(const YamlValue& value, std::string_view word, const std::vector<std::string_view>& known, std::string_view kind);

}  // namespace logmill
