#include "daemon/shipping_config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/destination_config.h"
#include "daemon/recognise_word.h"
#include "daemon/source_config.h"
#include "daemon/version.h"
#include "rules/wording.h"

namespace logmill {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 50;
constexpr int64_t kMostHours = int64_t{24} * 365 * 10;
constexpr int64_t kLeastSpool = int64_t{16} << 20;
const std::vector<std::string_view> kLevels{"verbose", "debug", "log", "warn", "error", "fatal"};

std::vector<std::string> ReadTexts(YamlMap& map, std::string_view key) {
  std::vector<std::string> texts;
  const auto value = map.Find(key);
  if (!value) return texts;
  for (const YamlValue& item : value->OneOrMore()) texts.push_back(item.Text().value_or(""));
  return texts;
}

std::optional<RecordFormat> ReadFormat(YamlMap& map) {
  static const std::vector<std::string_view> kFormats{"json", "text"};
  const auto value = map.Find("format");
  const auto text = value ? value->Text() : std::nullopt;
  if (!text) return std::nullopt;
  if (std::ranges::find(kFormats, *text) == kFormats.end()) ReportUnknownWord(*value, *text, kFormats, "format");
  return *text == "text" ? RecordFormat::kText : RecordFormat::kJson;
}

// true, false, or a number from 0 to 1.
double ReadShare(YamlMap& map) {
  const auto value = map.Require("ship");
  if (!value) return 1;
  const YamlNode& node = value->node();
  if (value->is_scalar() && !node.quoted && (node.text == "true" || node.text == "false")) return node.text == "true" ? 1 : 0;
  return value->Number(0, 1).value_or(1);
}

ShipFilterRule ReadFilter(const YamlValue& value) {
  YamlMap map(value);
  ShipFilterRule rule;
  rule.levels = ReadTexts(map, "level");
  rule.contexts = ReadTexts(map, "context");
  rule.sources = ReadTexts(map, "source");
  rule.format = ReadFormat(map);
  rule.share = ReadShare(map);
  map.Done();
  return rule;
}

void ReadSpool(const YamlValue& value, const ResolvePath& resolve, ShippingConfig& config, ShipperOptions& defaults) {
  YamlMap map(value);
  config.spool = ReadPath(map, "folder", resolve);
  config.max_bytes = static_cast<uint64_t>(map.Int("max_bytes", static_cast<int64_t>(config.max_bytes), kLeastSpool, kMostBytes));
  defaults.max_age = std::chrono::hours(map.Int("max_age_hours", 0, 0, kMostHours));
  defaults.when_full = ReadWhenFull(map, defaults.when_full);
  map.Done();
}

void ReadKinds(const YamlValue& value, std::vector<std::string>& kinds) {
  const std::vector<std::string_view> known = RecognisedKinds();
  for (const YamlValue& item : value.OneOrMore()) {
    const auto text = item.Text();
    if (!text) continue;
    if (*text == "all") {
      kinds.assign(known.begin(), known.end());
    } else if (std::ranges::find(known, *text) == known.end()) {
      ReportUnknownWord(item, *text, known, "kind of personal data");
    } else if (std::ranges::find(kinds, *text) == kinds.end()) {
      kinds.push_back(*text);
    }
  }
}

void ReadRedactedFields(const YamlValue& value, std::vector<std::string>& fields) {
  for (const YamlValue& item : value.OneOrMore()) {
    const auto path = item.NonEmptyText();
    if (!path) continue;
    if (("." + *path + ".").find("..") != std::string::npos) item.Error("a name is missing beside a dot; user.name would be right");
    fields.push_back(*path);
  }
}

// `all`, a list of kinds, or a map.
RedactionOptions ReadRedaction(const YamlValue& value) {
  RedactionOptions redaction;
  if (!value.is_map()) {
    ReadKinds(value, redaction.kinds);
  } else {
    YamlMap map(value);
    if (const auto kinds = map.Find("kinds")) ReadKinds(*kinds, redaction.kinds);
    if (const auto fields = map.Find("fields")) ReadRedactedFields(*fields, redaction.fields);
    map.Done();
  }
  redaction.recognise = MakeWordRecogniser(redaction.kinds);
  return redaction;
}

std::string HostName() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

void CheckDestinationNames(const std::vector<YamlValue>& entries, const std::vector<DestinationConfig>& destinations) {
  std::set<std::string> names;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string& name = destinations[i].shipper.name;
    if (name.empty() || names.insert(name).second) continue;
    entries[i].Error("another destination is called " + Quote(name) + " already; give each a `name` of its own");
  }
}

}  // namespace

ShipFilter ReadShipFilters(YamlMap& map) {
  std::vector<ShipFilterRule> rules;
  for (const YamlValue& item : map.List("filters")) rules.push_back(ReadFilter(item));
  return ShipFilter(std::move(rules));
}

WhenFull ReadWhenFull(YamlMap& map, WhenFull fallback) {
  static const std::vector<std::string_view> kChoices{"drop_oldest", "block"};
  const auto value = map.Find("when_full");
  const auto text = value ? value->Text() : std::nullopt;
  if (!text) return fallback;
  if (std::ranges::find(kChoices, *text) == kChoices.end()) ReportUnknownWord(*value, *text, kChoices, "choice");
  return *text == "block" ? WhenFull::kBlock : WhenFull::kDropOldest;
}

ShippingConfig ReadShipping(const YamlValue& value, const ResolvePath& resolve, const Environment& environment) {
  YamlMap map(value);
  ShippingConfig config;
  DestinationContext context{.resolve = resolve, .environment = environment, .identity = {}, .defaults = {}};
  context.identity.service = map.Text("service", "");
  context.identity.environment = map.Text("environment", "");
  context.identity.host = map.Text("host", HostName());
  context.identity.version = kVersion;
  if (const auto spool = map.Find("spool")) ReadSpool(*spool, resolve, config, context.defaults);
  context.defaults.max_backlog_bytes = config.max_bytes;
  config.filter = ReadShipFilters(map);
  if (const auto redact = map.Find("redact")) config.redaction = ReadRedaction(*redact);
  const std::vector<YamlValue> entries = map.List("destinations");
  for (const YamlValue& entry : entries) config.destinations.push_back(ReadDestination(entry, context));
  CheckDestinationNames(entries, config.destinations);
  map.Done();
  return config;
}

}  // namespace logmill
