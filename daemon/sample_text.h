// A sample line of the text exposition, read back: for rule tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

struct SampleText {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;

  bool operator==(const SampleText&) const = default;
};

// `name{a="x",b="y"} 12.5`; white space where the exposition format allows it. Nothing when it is no sample.
std::optional<SampleText> ParseSample(std::string_view line);

}  // namespace logmill
