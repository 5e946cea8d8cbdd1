#include "daemon/config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "daemon/source_order.h"
#include "rules/wording.h"
#include "rules/yaml_reader.h"
#include "sources/glob.h"

namespace logmill {
namespace {

constexpr int64_t kMostWorkers = 64;

struct GroupName {
  std::string_view name;
  Group group;
};
constexpr GroupName kGroupNames[] = {{"api", Group::kApi}, {"host", Group::kHost}, {"app", Group::kApp},
                                     {"io", Group::kIo},   {"repo", Group::kRepo}, {"job", Group::kJob}};
constexpr std::string_view kEndpointNames[kEndpointCount] = {"api", "microservices", "machine_learning"};

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// Where the addresses were given; nothing: they are the defaults.
struct Places {
  std::array<std::optional<Place>, kEndpointCount> listen;  // by Endpoint
  std::vector<Place> sources;                               // of each entry of `sources`
};

// What the file says and the environment and the groups have a say in.
struct Sections {
  CollectorSections collectors;
  std::vector<ScrapeConfig> scrapes;
};

class ConfigReader {
 public:
  ConfigReader(Config& config, Sections& sections, Places& places, const Environment& environment, Diagnostics& diagnostics)
      : config_(config), sections_(sections), places_(places), environment_(environment), diagnostics_(diagnostics) {}

  void Read(const YamlTree& tree) {
    base_ = std::filesystem::path(tree.file()).parent_path();
    YamlMap root(YamlValue(tree, diagnostics_));
    if (auto telemetry = root.Find("telemetry")) ReadTelemetry(*telemetry);
    if (auto listen = root.Find("listen")) ReadListen(*listen);
    if (const auto state = root.Find("state")) ReadState(*state);
    config_.checkpoint_interval = std::chrono::milliseconds(root.Int("checkpoint_interval_ms", 5000, 10, 600'000));
    for (const std::string& path : root.Texts("rules")) config_.rules.push_back(Resolve(path));
    config_.workers = static_cast<unsigned>(root.Int("workers", 1, 1, kMostWorkers));
    for (const YamlValue& source : root.List("sources")) {
      config_.sources.push_back(ReadSource(source, [this](const std::string& path) { return Resolve(path); }));
      places_.sources.push_back(source.place());
    }
    CheckNames(root.List("sources"));
    CheckOverlaps(root.List("sources"));
    if (const auto collectors = root.Find("collectors")) sections_.collectors = ReadCollectors(*collectors);
    if (const auto shipping = root.Find("shipping")) ReadShippingSection(*shipping);
    sections_.scrapes = ReadScrapes(root.List("scrapes"), [this](const std::string& path) { return Resolve(path); });
    root.Done();
  }

 private:
  void ReadState(const YamlValue& value) {
    const auto path = value.NonEmptyText();
    if (path) config_.state = path->starts_with('/') ? *path : (base_ / *path).string();
  }

  // What was spooled after a checkpoint is known by it, so there is no spool without one.
  void ReadShippingSection(const YamlValue& value) {
    config_.shipping = ReadShipping(value, [this](const std::string& path) { return Resolve(path); }, environment_);
    if (!config_.shipping.enabled()) return;
    if (config_.state.empty()) value.Error("needs a state folder; add `state: FOLDER`, for example /var/lib/logmill");
    if (config_.shipping.spool.empty()) config_.shipping.spool = config_.state + "/spool";
    config_.shipping.options.folder = config_.shipping.spool;
    const std::vector<YamlValue> entries = YamlMap(value).List("destinations");
    for (size_t i = 0; i < entries.size(); ++i) CheckFeedback(entries[i], config_.shipping.destinations[i].file);
  }

  // What is shipped to a file must not come back from it.
  void CheckFeedback(const YamlValue& entry, const std::string& file) {
    if (file.empty()) return;
    const std::string path = std::filesystem::path(file).lexically_normal();
    for (const SourceConfig& source : config_.sources) {
      const auto* files = std::get_if<FileOptions>(&source.input);
      if (files == nullptr) continue;
      const std::string pattern = std::filesystem::path(files->pattern).lexically_normal();
      if (!MatchesGlob(pattern, path) && !MatchesGlob(pattern, path + ".1")) continue;
      entry.Error("the source " + Quote(source.name) + " reads this file, so each record would be shipped again and again; write it to " +
                  "where no source looks");
    }
  }

  // Metrics and the checkpoint tell sources apart by name. (What is no map has been reported, and has no name.)
  void CheckNames(const std::vector<YamlValue>& entries) {
    std::set<std::string> names;
    for (size_t i = 0; i < entries.size(); ++i) {
      const std::string& name = config_.sources[i].name;
      if (name.empty() || names.insert(name).second) continue;
      entries[i].Error("another source is called " + Quote(name) + " already; give each a `name` of its own");
    }
  }

  // Entries with one name have been told of already.
  void CheckOverlaps(const std::vector<YamlValue>& entries) {
    const SourceOrder order(config_.sources);
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto overlap = order.OverlapOf(i);
      if (!overlap || config_.sources[overlap->first].name == config_.sources[i].name) continue;
      ReportOverlap(overlap->kind, "the source " + Quote(config_.sources[overlap->first].name), entries[i]);
    }
  }

  static void ReportOverlap(Overlap::Kind kind, const std::string& first, const YamlValue& entry) {
    switch (kind) {
      case Overlap::Kind::kSame:
        return entry.Error(first + " reads the same files already, and this one would get nothing; leave one of them out");
      case Overlap::Kind::kPart:
        return entry.Warning(first + " matches this file too and comes first, so this one gets nothing; put this one before it");
      case Overlap::Kind::kRotated:
        return entry.Warning(first + " reads a file whose rotated names this pattern matches too: a copy that copytruncate makes of it " +
                             "would be counted again; take them out of the pattern");
    }
  }

  // Relative paths are meant from the configuration file; one that is only found from the working directory is taken from there.
  [[nodiscard]] std::string Resolve(const std::string& path) const {
    if (path.starts_with('/')) return path;
    const std::filesystem::path beside = base_ / path;
    std::error_code ignored;
    if (!std::filesystem::exists(beside, ignored) && std::filesystem::exists(path, ignored)) return path;
    return beside.string();
  }

  void ReadTelemetry(const YamlValue& value) {
    YamlMap map(value);
    config_.include = ReadGroups(map, "include");
    config_.exclude = ReadGroups(map, "exclude");
    map.Done();
  }

  GroupSet ReadGroups(YamlMap& map, std::string_view key) {
    GroupSet groups;
    const auto value = map.Find(key);
    if (!value) return groups;
    for (const YamlValue& item : value->OneOrMore()) {
      if (const auto text = item.Text()) groups |= ParseGroups(*text, item.place(), diagnostics_);
    }
    return groups;
  }

  void ReadListen(const YamlValue& value) {
    YamlMap map(value);
    ReadAddress(map, Endpoint::kApi, config_.listen_api);
    ReadAddress(map, Endpoint::kMicroservices, config_.listen_microservices);
    ReadAddress(map, Endpoint::kMachineLearning, config_.listen_machine_learning);
    config_.wants_machine_learning = places_.listen[IndexOf(Endpoint::kMachineLearning)].has_value();
    map.Done();
  }

  void ReadAddress(YamlMap& map, Endpoint endpoint, std::string& address) {
    const auto value = map.Find(EndpointName(endpoint));
    const auto text = value ? value->NonEmptyText() : std::nullopt;
    if (!text) return;
    if (!IsAddress(*text)) return value->Error("\"" + *text + "\" is no address; write host:port, for example '127.0.0.1:8081'");
    address = *text;
    places_.listen[IndexOf(endpoint)] = value->place();
  }

  Config& config_;
  Sections& sections_;
  Places& places_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
  std::filesystem::path base_;
};

void ReplacePort(std::string& address, std::optional<Place>& place, const char* name, const Environment& environment,
                 Diagnostics& diagnostics) {
  const auto port = environment(name);
  if (!port || port->empty()) return;
  if (!IsAddress(":" + *port) || *port == "0") {
    diagnostics.Error({name, 0, 0}, "\"" + *port + "\" is no port; a number from 1 to 65535 would be right");
    return;
  }
  address = address.substr(0, address.rfind(':')) + ":" + *port;
  place = Place{name, 0, 0};
}

void ReadEnvironment(Config& config, Places& places, const Environment& environment, Diagnostics& diagnostics) {
  if (const auto include = environment("IMMICH_TELEMETRY_INCLUDE"); include && !include->empty()) {
    config.include = ParseGroups(*include, {"IMMICH_TELEMETRY_INCLUDE", 0, 0}, diagnostics);
  }
  if (const auto exclude = environment("IMMICH_TELEMETRY_EXCLUDE"); exclude && !exclude->empty()) {
    config.exclude = ParseGroups(*exclude, {"IMMICH_TELEMETRY_EXCLUDE", 0, 0}, diagnostics);
  }
  ReplacePort(config.listen_api, places.listen[IndexOf(Endpoint::kApi)], "IMMICH_API_METRICS_PORT", environment, diagnostics);
  ReplacePort(config.listen_microservices, places.listen[IndexOf(Endpoint::kMicroservices)], "IMMICH_MICROSERVICES_METRICS_PORT",
              environment, diagnostics);
}

// `host` is all addresses that `other` can be: empty, or 0.0.0.0 for IPv4, or [::] for IPv6.
bool Covers(std::string_view host, std::string_view other) {
  if (host.empty() || host == other) return true;
  return host == (other.starts_with('[') ? "[::]" : "0.0.0.0");
}

// One cannot listen where the other does. With port 0 the system chooses.
bool SameAddress(std::string_view a, std::string_view b) {
  auto host = [](std::string_view address) { return address.substr(0, address.rfind(':')); };
  auto port = [](std::string_view address) { return std::stoi(std::string(address.substr(address.rfind(':') + 1))); };
  return port(a) != 0 && port(a) == port(b) && (Covers(host(a), host(b)) || Covers(host(b), host(a)));
}

struct Listener {
  std::string name;
  std::string address;
  std::optional<Place> place;  // nothing: the default
  bool opens = true;
};

std::vector<Listener> EndpointListeners(const Config& config, const Places& places) {
  std::vector<Listener> listeners;
  for (const Endpoint endpoint : kEndpoints) {
    // Opened only where it is asked for, while the environment may ask for the others, too.
    if (endpoint == Endpoint::kMachineLearning && !config.Opens(endpoint)) continue;
    listeners.push_back({"listen." + std::string(EndpointName(endpoint)), config.ListenAddressOf(endpoint),
                         places.listen[IndexOf(endpoint)], config.Opens(endpoint)});
  }
  return listeners;
}

// A default that is in the way of another address is reported there, and only when both are to be open.
void CheckEndpoints(const std::vector<Listener>& listeners, Diagnostics& diagnostics) {
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const bool given = listeners[i].place.has_value();
      const Listener& first = given ? listeners[j] : listeners[i];
      const Listener& second = given ? listeners[i] : listeners[j];
      const bool together = (first.place && second.place) || (first.opens && second.opens);
      if (!second.place || !together || !SameAddress(first.address, second.address)) continue;
      diagnostics.Error(*second.place, second.name + ": " + Quote(second.address) + " is where " + first.name + " (" + first.address +
                                           ") listens already; give each a port of its own");
    }
  }
}

void CheckAddresses(const Config& config, const Places& places, Diagnostics& diagnostics) {
  std::vector<Listener> listeners = EndpointListeners(config, places);
  CheckEndpoints(listeners, diagnostics);
  for (size_t i = 0; i < config.sources.size(); ++i) {
    const std::string* const address = ListenAddress(config.sources[i]);
    if (address == nullptr || !IsAddress(*address)) continue;
    const Listener source{"source " + Quote(config.sources[i].name), *address, places.sources[i]};
    for (const Listener& other : listeners) {
      if (!SameAddress(other.address, source.address)) continue;
      diagnostics.Error(*source.place, source.name + " listens at " + source.address + ", where " + other.name + " (" + other.address +
                                           ") listens already; give each a port of its own");
    }
    listeners.push_back(source);
  }
}

}  // namespace

std::string_view EndpointName(Endpoint endpoint) { return kEndpointNames[IndexOf(endpoint)]; }

const std::string& Config::ListenAddressOf(Endpoint endpoint) const {
  if (endpoint == Endpoint::kMachineLearning) return listen_machine_learning;
  return endpoint == Endpoint::kApi ? listen_api : listen_microservices;
}

bool Config::Opens(Endpoint endpoint) const {
  const GroupSet job = GroupSet().set(IndexOf(Group::kJob));
  if (groups().none()) return false;
  const auto shows = [endpoint](const ScrapeConfig& scrape) { return scrape.options.endpoint == endpoint; };
  if (std::ranges::any_of(scrapes, shows)) return true;
  if (endpoint == Endpoint::kMachineLearning) return wants_machine_learning;
  return (groups() & (endpoint == Endpoint::kApi ? ~job : job)).any();
}

GroupSet ParseGroups(std::string_view list, const Place& place, Diagnostics& diagnostics) {
  GroupSet groups;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = Trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (word.empty()) continue;
    if (word == "all") {
      groups = kAllGroups;
      continue;
    }
    bool known = false;
    for (const GroupName& name : kGroupNames) {
      if (name.name != word) continue;
      groups.set(static_cast<size_t>(name.group));
      known = true;
    }
    if (!known) {
      diagnostics.Error(place, "unknown telemetry group \"" + std::string(word) + "\"; known are: api, host, app, io, repo, job, all");
    }
  }
  return groups;
}

namespace {

// Whatever a message repeats of the file: no name and password of a URL in it.
std::string WithoutPasswords(std::string text) {
  constexpr std::string_view kMark = "://";
  for (size_t at = 0; (at = text.find(kMark, at)) != std::string::npos;) {
    at += kMark.size();
    const size_t end = std::min(text.find_first_of("\" \t\r\n", at), text.size());
    const size_t sign = text.rfind('@', end);
    const bool cut = std::string_view(text).substr(at, end - at).ends_with("...");
    if (sign != std::string::npos && sign >= at && sign < end) {
      text.replace(at, sign - at, "...");
    } else if (cut) {
      text.replace(at, end - at, "...");
    }
  }
  return text;
}

void ReadFile(const std::string& path, Config& config, Sections& sections, Places& places, const Environment& environment,
              Diagnostics& diagnostics) {
  Diagnostics found;
  const auto text = ReadTextFile(path, found);
  const auto tree = text ? ParseYaml(*text, path, found) : std::nullopt;
  if (tree && tree->root().kind != YamlNode::Kind::kNull) ConfigReader(config, sections, places, environment, found).Read(*tree);
  for (const Diagnostic& diagnostic : found.entries()) {
    const bool error = diagnostic.severity == Severity::kError;
    const std::string message = WithoutPasswords(diagnostic.message);
    error ? diagnostics.Error(diagnostic.place, message) : diagnostics.Warning(diagnostic.place, message);
  }
}

}  // namespace

Config LoadConfig(const std::string& path, const Environment& environment, Diagnostics& diagnostics) {
  Config config;
  Sections sections;
  Places places;
  if (!path.empty()) ReadFile(path, config, sections, places, environment, diagnostics);
  const Environment variables = environment ? environment : [](const char*) { return std::nullopt; };
  ReadEnvironment(config, places, variables, diagnostics);
  config.collectors = DecideCollectors(sections.collectors, config.groups(), variables, diagnostics);
  if (config.groups().any()) config.scrapes = std::move(sections.scrapes);
  for (ScrapeConfig& scrape : config.scrapes) scrape.options.filter.groups = config.groups();
  CheckAddresses(config, places, diagnostics);
  return config;
}

std::string FindConfig(const std::string& given) {
  std::error_code ignored;
  if (!given.empty()) return given;
  return std::filesystem::exists(kUsualConfig, ignored) ? kUsualConfig : "";
}

bool LooksLikeConfig(const std::string& path) {
  Diagnostics ignored;
  const auto text = ReadTextFile(path, ignored);
  const auto tree = text ? ParseYaml(*text, path, ignored) : std::nullopt;
  if (!tree || tree->root().kind != YamlNode::Kind::kMap) return false;
  for (size_t i = 0; i < tree->root().keys.size(); ++i) {
    const std::string& key = tree->root().keys[i]->text;
    if (key == "sources" || key == "telemetry" || key == "listen" || key == "state" || key == "workers" || key == "collectors" ||
        key == "scrapes" || key == "shipping")
      return true;
    // `rules` is in both: a list of paths here, a list of maps there.
    const YamlNode& value = *tree->root().items[i];
    if (key == "rules" && !value.items.empty() && value.items[0]->kind == YamlNode::Kind::kScalar) return true;
  }
  return false;
}

}  // namespace logmill
