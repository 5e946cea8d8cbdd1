// logmill_generate: a reproducible Gallery log and the truth about it (gallery_log.h, truth.h).
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/gallery_log.h"
#include "bench/truth.h"

namespace logmill::bench {
namespace {

constexpr char kUsage[] =
    "usage: logmill_generate --out FILE [--truth FILE] [--bytes N | --lines N] [--seed N]\n"
    "Writes whole lines until there are N bytes (default 100000000) or N lines. FILE may be - for stdout.\n";
constexpr size_t kFlushBytes = 1 << 20;

struct Options {
  uint64_t bytes = 100'000'000;
  uint64_t lines = std::numeric_limits<uint64_t>::max();
  uint64_t seed = 1;
  std::string out;
  std::string truth;
};

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool SetOption(Options& options, std::string_view name, const char* value) {
  if (name == "--out") return !(options.out = value).empty();
  if (name == "--truth") return !(options.truth = value).empty();
  const std::optional<uint64_t> number = ParseNumber(value);
  if (!number) return false;
  if (name == "--seed") {
    options.seed = *number;
  } else if (name == "--bytes") {
    options.bytes = *number;
  } else if (name == "--lines") {
    options.lines = *number;
    options.bytes = std::numeric_limits<uint64_t>::max();
  } else {
    return false;
  }
  return true;
}

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !SetOption(options, argv[i], argv[i + 1])) return std::nullopt;
  }
  if (options.out.empty()) return std::nullopt;
  return options;
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

File OpenForWriting(const std::string& path) {
  File file(path == "-" ? stdout : std::fopen(path.c_str(), "wb"));
  if (file == nullptr) std::fprintf(stderr, "%s: %s\n", path.c_str(), std::strerror(errno));
  return file;
}

bool Write(std::FILE* file, std::string_view text) { return std::fwrite(text.data(), 1, text.size(), file) == text.size(); }

bool WriteLog(const Options& options, std::FILE* file, Truth& truth) {
  GalleryLog log(options.seed, truth);
  std::string buffer;
  while (truth.bytes() < options.bytes && truth.lines() < options.lines) {
    log.AppendLine(buffer);
    if (buffer.size() < kFlushBytes) continue;
    if (!Write(file, buffer)) return false;
    buffer.clear();
  }
  return Write(file, buffer) && std::fflush(file) == 0;
}

int Generate(const Options& options) {
  const File out = OpenForWriting(options.out);
  const File truth_out = options.truth.empty() ? nullptr : OpenForWriting(options.truth);
  if (out == nullptr || (truth_out == nullptr && !options.truth.empty())) return 2;
  Truth truth;
  const bool written = WriteLog(options, out.get(), truth) &&
                       (truth_out == nullptr || (Write(truth_out.get(), truth.ToJson(options.seed)) && std::fflush(truth_out.get()) == 0));
  if (!written) std::fprintf(stderr, "write: %s\n", std::strerror(errno));
  return written ? 0 : 2;
}

}  // namespace
}  // namespace logmill::bench

int main(int argc, char** argv) {
  const auto options = logmill::bench::ParseOptions(argc, argv);
  if (options) return logmill::bench::Generate(*options);
  std::fputs(logmill::bench::kUsage, stderr);
  return 2;
}
