#include <algorithm>

#include "rules/private_forms.h"
#include "rules/text_scan.h"

namespace logmill {
namespace {

constexpr size_t npos = std::string_view::npos;

bool IsPathChar(char c) { return IsWord(c) || c == '.' || c == '-' || c == '~' || c == '%' || c == '+' || c == '@' || c == '$'; }

// Endings that nothing but files have.
constexpr std::string_view kFileEndings[] = {
    "3fr",  "3g2", "3gp",  "7z",   "aac",        "aae",  "aif",     "aiff", "amr",    "arw",  "avi",  "avif",   "azw3",    "bmp",
    "bz2",  "cer", "cr2",  "cr3",  "crdownload", "crt",  "crw",     "csv",  "dcr",    "djvu", "dmg",  "dng",    "docm",    "docx",
    "eml",  "eps", "epub", "erf",  "flac",       "flv",  "geojson", "gif",  "gpg",    "gpr",  "gpx",  "gz",     "heic",    "heif",
    "hif",  "ics", "indd", "insp", "insv",       "j2k",  "jfif",    "jp2",  "jpe",    "jpeg", "jpg",  "jsonl",  "jxl",     "kdbx",
    "kdc",  "kml", "kmz",  "lrv",  "m2ts",       "m4a",  "m4b",     "m4v",  "mbox",   "mef",  "midi", "mka",    "mkv",     "mobi",
    "mov",  "mp3", "mp4",  "mpeg", "mpg",        "mrw",  "mts",     "mxf",  "ndjson", "nef",  "nrw",  "odp",    "ods",     "odt",
    "oga",  "ogg", "ogv",  "opus", "orf",        "ovpn", "p12",     "pdf",  "pef",    "pem",  "pfx",  "png",    "ppk",     "pps",
    "ppsx", "ppt", "pptx", "psb",  "psd",        "pst",  "raf",     "rar",  "rtf",    "rw2",  "rwl",  "sqlite", "sqlite3", "sr2",
    "srf",  "srw", "svg",  "svgz", "tgz",        "thm",  "tif",     "tiff", "tsv",    "txt",  "vcf",  "vob",    "wav",     "webm",
    "webp", "wma", "wmv",  "x3f",  "xcf",        "xls",  "xlsb",    "xlsm", "xlsx",   "xmp",  "xz",   "zst"};
// Endings that properties and methods of programs have too: response.json().
constexpr std::string_view kSharedEndings[] = {"asc", "bak", "doc", "htm", "html", "iso", "json", "key", "log", "markdown",
                                               "md",  "mid", "raw", "sql", "tar",  "tex", "tmp",  "xml", "zip"};
constexpr std::string_view kProgramObjects[] = {"console", "event",   "json", "logger",   "math", "module", "options",
                                                "req",     "request", "res",  "response", "sql",  "this"};

// `rest` is what follows the token.
bool IsPersonalFile(std::string_view token, std::string_view rest) {
  const size_t dot = token.rfind('.');
  if (dot == npos || dot == 0) return false;
  const std::string_view ending = token.substr(dot + 1);
  // photo.jpg_original, photo.jpg~
  if (IsOneOfIgnoringCase(Run(ending, 0, IsLetterOrDigit), kFileEndings)) return true;
  const bool call = rest.starts_with('(');
  return !call && IsOneOfIgnoringCase(ending, kSharedEndings) && !IsOneOfIgnoringCase(token.substr(0, dot), kProgramObjects);
}

// Any name with an extension of up to five letters and digits, begun by a letter.
bool HasExtension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == npos || dot == 0 || name.size() - dot - 1 > 5) return false;
  const std::string_view extension = name.substr(dot + 1);
  return !extension.empty() && (IsLetter(extension[0]) || IsForeign(extension[0])) &&
         std::all_of(extension.begin(), extension.end(), IsWord);
}

struct Parts {
  int count = 0;  // that are not empty
  bool numbers = true;
};

Parts CountParts(std::string_view token, char slash) {
  Parts parts;
  for (size_t at = 0; at < token.size(); ++at) {
    const std::string_view part = Run(token, at, [slash](char c) { return c != slash; });
    if (part.empty()) continue;
    ++parts.count;
    parts.numbers = parts.numbers && std::all_of(part.begin(), part.end(), IsDigit);
    at += part.size();
  }
  return parts;
}

bool IsMimeType(std::string_view text) {
  static constexpr std::string_view kTypes[] = {"application", "audio", "font", "image", "message", "model", "multipart", "text", "video"};
  return IsOneOfIgnoringCase(text.substr(0, text.find('/')), kTypes) && std::count(text.begin(), text.end(), '/') == 1;
}

// What is written with slashes and is no path: 12/31/2025, America/Argentina/Salta, node:internal/process/promises.
bool IsKnownName(std::string_view value, size_t at, std::string_view token, const Parts& parts) {
  if (parts.numbers || IsMimeType(token)) return true;
  if (token.starts_with("America/") && parts.count == 3) return true;
  return at >= 5 && value.substr(at - 5, 5) == "node:";
}

// `token`: path characters and slashes, at `at` in the value.
bool IsUnixPath(std::string_view value, size_t at, std::string_view token) {
  if (token.find('/') == npos || token.find_first_not_of('/') == npos) return false;
  if (token.starts_with('/') || token.starts_with("~/") || token.starts_with("./") || token.starts_with("../")) return true;
  const Parts parts = CountParts(token, '/');
  if (IsKnownName(value, at, token, parts)) return false;
  const int many = token.starts_with('@') ? 4 : 3;  // @scope/package/part
  const bool folder = token.ends_with('/') && parts.count >= 2;
  return parts.count >= many || folder || HasExtension(token.substr(token.rfind('/') + 1));
}

bool HasUnixPath(std::string_view value) {
  auto fits = [](char c) { return IsPathChar(c) || c == '/'; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!fits(value[at])) continue;
    const size_t begin = at;
    std::string_view token = Run(value, at, fits);
    at += token.size();
    while (token.ends_with('.')) token.remove_suffix(1);
    if (IsUnixPath(value, begin, token) || IsPersonalFile(token, value.substr(at))) return true;
  }
  return false;
}

bool HasDrive(std::string_view value) {
  for (size_t at = 1; at + 1 < value.size(); ++at) {
    const bool slash = value[at + 1] == '\\' || value[at + 1] == '/';
    if (value[at] == ':' && slash && IsLetter(value[at - 1]) && !IsWord(Before(value, at - 1))) return true;
  }
  return false;
}

// Parts of a namespace begin with a capital and have no sign in them: App\Http\Kernel. Folders that people have are none either.
bool IsFolderOrFile(std::string_view part, bool last) {
  static constexpr std::string_view kFolders[] = {"appdata",  "backup",      "camera",  "dcim",    "desktop", "documents", "downloads",
                                                  "dropbox",  "home",        "library", "movies",  "music",   "onedrive",  "photos",
                                                  "pictures", "programdata", "upload",  "uploads", "users",   "videos",    "windows"};
  if (IsOneOfIgnoringCase(part, kFolders)) return true;
  return !part.empty() && !last && !IsUpper(part[0]);
}

// Users\Alice\Desktop, photos\2024\summer, \\nas\photos
bool IsWindowsPath(std::string_view token) {
  if (token.find('\\') == npos) return false;
  if (HasExtension(token.substr(token.rfind('\\') + 1))) return true;
  const int parts = CountParts(token, '\\').count;
  if (token.starts_with("\\\\") && parts >= 2) return true;
  if (parts < 3) return false;
  for (size_t at = 0; at < token.size(); ++at) {
    const std::string_view part = Run(token, at, [](char c) { return c != '\\'; });
    at += part.size();
    if (IsFolderOrFile(part, at == token.size())) return true;
  }
  return false;
}

bool HasWindowsPath(std::string_view value) {
  if (HasDrive(value)) return true;
  auto fits = [](char c) { return IsPathChar(c) || c == '\\'; };
  for (size_t at = 0; at < value.size(); ++at) {
    if (!fits(value[at])) continue;
    const std::string_view token = Run(value, at, fits);
    if (IsWindowsPath(token)) return true;
    at += token.size();
  }
  return false;
}

}  // namespace

bool HasPath(std::string_view value) {
  if (FindSign<'/', '\\', '.', '%'>(value) == npos) return false;
  return value.find("%2F") != npos || value.find("%2f") != npos || HasWindowsPath(value) || HasUnixPath(value);
}

}  // namespace logmill
