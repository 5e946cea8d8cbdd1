// A console log as its entries, each with its lines joined.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/console_line.h"

namespace logmill::testing {

inline std::vector<std::string> ConsoleEntries(std::string_view log) {
  std::vector<std::string> entries;
  ConsoleBlock block;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (block.Take(line) == ConsolePlace::kContinuation) {
      entries.back().append("\n").append(line);
    } else {
      entries.emplace_back(line);
    }
  }
  return entries;
}

}  // namespace logmill::testing
