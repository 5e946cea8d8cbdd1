// How rotated files are called.
#pragma once

#include <string>
#include <string_view>

namespace logmill {

// The part behind the last '/', and everything before it, '/' included.
std::string_view BaseName(std::string_view path);
std::string_view FolderPrefix(std::string_view path);

// Whether the name says that it is compressed by gzip.
bool HasGzipName(std::string_view name);

// Names (without folders). A rotated name of "app.log" is that name with marks behind it or before its extension, and .gz perhaps:
// app.log.1, app.log.2.gz, app.log-20261122, app-2026-11-22.log, app.log.old, app_2026-11-22_14-30.1.log. A mark begins with one of
// "._-~@:+" and has numbers, dates with T and Z, or a word for "old" in it.
bool IsRotatedName(std::string_view base, std::string_view name);

// The name without all marks: the same for a name and all its rotated names. ("app-1.log" and "app-2.log" have the same too, without being
// rotated names of each other.)
std::string RotationKey(std::string_view name);
// Of a path: its folder and the key of its name. The path of the log that a rotated file was, if there is one.
std::string CurrentPath(std::string_view path);

}  // namespace logmill
