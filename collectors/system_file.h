// Small files that the kernel writes: /proc, /sys, control groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace logmill {

inline constexpr size_t kSmallFileBytes = 64 << 10;  // a file of one group, device or process
inline constexpr size_t kLargeFileBytes = 1 << 20;   // one that grows with the machine: /proc/stat, mountinfo, net/dev

// What the file holds; of a longer one than `limit` the whole lines within it. Never blocks on what is no regular file: that is an error,
// "PATH: what is wrong", as is all else.
std::expected<std::string, std::string> ReadSystemFile(const std::string& path, size_t limit);

// Takes what stands before `separator` off the front of `text`, the separator as well; all of it when there is none. Whole lines: '\n'.
std::string_view TakeUntil(std::string_view& text, char separator);

// Takes the next word off the front; words end at blanks and tabs. "" at the end.
std::string_view TakeWord(std::string_view& line);

// All words of a line.
std::vector<std::string_view> Words(std::string_view line);

// Decimal digits and nothing else, up to 2^64 - 1.
std::optional<uint64_t> ParseCount(std::string_view word);

// The first number in a text, as in a file that holds one; nothing for "max".
std::optional<uint64_t> FirstCount(std::string_view text);

// The number behind the word `key` at the start of a line ("inactive_file 4096", "MemTotal:  24684084 kB"). The first such line counts.
std::optional<uint64_t> FindCount(std::string_view text, std::string_view key);

}  // namespace logmill
