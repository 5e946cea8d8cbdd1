// Journal files as systemd writes them, made by systemd-journal-remote from its export format.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace logmill::testing {

struct JournalEntry {
  int64_t time_us = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // values may hold any bytes
};

inline std::string ExportFormat(const JournalEntry& entry) {
  std::string out = "__REALTIME_TIMESTAMP=" + std::to_string(entry.time_us) +
                    "\n__MONOTONIC_TIMESTAMP=" + std::to_string(entry.time_us % 1'000'000'000) +
                    "\n_BOOT_ID=0123456789abcdef0123456789abcdef\n";
  for (const auto& [name, value] : entry.fields) {
    if (value.empty()) {  // which the binary form cannot say
      out += name + "=\n";
      continue;
    }
    out += name + '\n';
    for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>(static_cast<uint64_t>(value.size()) >> shift);
    out += value + '\n';
  }
  return out + '\n';
}

// Appends to the journal file `path`, or makes it. False when the tool is not there or fails.
inline bool WriteJournal(const std::string& path, const std::vector<JournalEntry>& entries) {
  std::FILE* pipe = ::popen(("/usr/lib/systemd/systemd-journal-remote -o '" + path + "' - >/dev/null 2>&1").c_str(), "w");
  if (pipe == nullptr) return false;
  std::string bytes;
  for (const JournalEntry& entry : entries) bytes += ExportFormat(entry);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), pipe) == bytes.size();
  return ::pclose(pipe) == 0 && written;
}

}  // namespace logmill::testing
