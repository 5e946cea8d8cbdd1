#include "ingest/key_names.h"

#include <utility>

namespace logmill {
namespace {

struct Preset {
  std::string_view name;
  KeyNames keys;
};

const std::vector<Preset>& Presets() {
  using enum TimestampUnit;
  static const std::vector<Preset> presets = {
      {"gallery", KeyNames()},
      {"nest", KeyNames()},
      {"pino", {"level", "pid", "time", "msg", "name", kMilliseconds, true}},
      {"zap", {"level", "", "ts", "msg", "logger", kSeconds, true}},
      {"slog", {"level", "", "time", "msg", "", kRfc3339, true}},
      {"bunyan", {"level", "pid", "time", "msg", "name", kRfc3339, true}},
      {"ecs", {"log.level", "process.pid", "@timestamp", "message", "log.logger", kRfc3339, true}},
  };
  return presets;
}

std::vector<std::string_view> Names() {
  std::vector<std::string_view> names;
  for (const Preset& preset : Presets()) names.push_back(preset.name);
  return names;
}

}  // namespace

const std::vector<std::string_view>& KeyPresetNames() {
  static const std::vector<std::string_view> names = Names();
  return names;
}

std::expected<KeyNames, std::string> KeyPreset(std::string_view name) {
  for (const Preset& preset : Presets()) {
    if (preset.name == name) return preset.keys;
  }
  std::string message = "no key preset named \"" + std::string(name) + "\"; presets are";
  for (std::string_view known : KeyPresetNames()) message.append(known == KeyPresetNames().front() ? " " : ", ").append(known);
  return std::unexpected(std::move(message));
}

}  // namespace logmill
