// Level names and numbers of other loggers.
#pragma once

#include <string_view>

namespace logmill {

// Our name (logging/schema.h) for a level as other loggers write it (KeyNames::translate_levels); `text` itself when it is unknown.
// slog's names between levels ("INFO+2", "DEBUG-4") mean the level they begin with.
std::string_view TranslateLevel(std::string_view text);

}  // namespace logmill
