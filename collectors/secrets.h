// Environment variables whose value may also stand in a file, as secrets do: NAME, or NAME_FILE with the path.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "base/environment.h"

namespace logmill {

// The text of a file that holds one value, without the line ends behind it. Only of a regular file (a pipe could make us wait), of at most
// 64 KiB, without a byte 0. The error names the path and holds nothing of the text.
std::expected<std::string, std::string> ReadValueFile(const std::string& path);

// The value of variable `name`, or that of the file that NAME_FILE names. Of both the file wins, as it does in Gallery, with a warning. An
// empty variable is one that is not set. Nothing also when the file cannot be read, which is an error.
std::optional<std::string> ReadVariable(const Environment& environment, const std::string& name, Diagnostics& diagnostics);

// A secret is read from its file each time that it is used, so that a changed one is taken up.
struct Secret {
  std::string value;
  std::string file;  // instead of `value`; it can be read now
};
std::optional<Secret> ReadSecret(const Environment& environment, const std::string& name, Diagnostics& diagnostics);

}  // namespace logmill
