// Environment variables, injected.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace logmill {

// Looks a variable up; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// That of this process.
Environment ProcessEnvironment();

}  // namespace logmill
