#include "daemon/formats.h"

#include <algorithm>

namespace logmill {
namespace {

struct FormatName {
  std::string_view name;
  InputFormat format;
  Framing framing;
};

constexpr FormatName kFormats[] = {
    {"auto", InputFormat::kAuto, Framing::kNone},     {"json", InputFormat::kJson, Framing::kNone},
    {"text", InputFormat::kText, Framing::kNone},     {"console", InputFormat::kConsole, Framing::kNone},
    {"docker", InputFormat::kAuto, Framing::kDocker}, {"cri", InputFormat::kAuto, Framing::kCri},
};

}  // namespace

std::vector<std::string_view> FormatNames() {
  std::vector<std::string_view> names;
  for (const FormatName& format : kFormats) names.push_back(format.name);
  return names;
}

bool SetFormat(std::string_view name, StreamOptions& options) {
  const auto* const found = std::ranges::find(kFormats, name, &FormatName::name);
  if (found == std::end(kFormats)) return false;
  options.format = found->format;
  options.framing = found->framing;
  return true;
}

}  // namespace logmill
