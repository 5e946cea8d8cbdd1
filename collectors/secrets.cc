#include "collectors/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace logmill {
namespace {

constexpr size_t kMaxValueBytes = size_t{64} * 1024;

std::unexpected<std::string> Failure(const std::string& path, const std::string& what) {
  return std::unexpected("cannot read " + path + ": " + what);
}

// At most `limit` bytes; the error is errno.
std::expected<std::string, int> ReadBytes(int fd, size_t limit) {
  std::string text(limit, '\0');
  size_t size = 0;
  while (size < limit) {
    const ssize_t got = ::read(fd, text.data() + size, limit - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

std::expected<std::string, std::string> ReadValue(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return Failure(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return Failure(path, "it is no regular file");
  auto text = ReadBytes(fd, kMaxValueBytes + 1);
  if (!text) return Failure(path, std::strerror(text.error()));
  if (text->size() > kMaxValueBytes) return Failure(path, "it is longer than 64 KiB");
  if (text->find('\0') != std::string::npos) return Failure(path, "it holds a byte 0, so it is no text");
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  return std::move(*text);
}

std::optional<std::string> NonEmpty(const Environment& environment, const std::string& name) {
  std::optional<std::string> value = environment(name.c_str());
  return value && !value->empty() ? value : std::nullopt;
}

}  // namespace

std::expected<std::string, std::string> ReadValueFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return Failure(path, std::strerror(errno));
  auto value = ReadValue(fd, path);
  ::close(fd);
  return value;
}

std::optional<Secret> ReadSecret(const Environment& environment, const std::string& name, Diagnostics& diagnostics) {
  std::optional<std::string> value = NonEmpty(environment, name);
  const std::string file_name = name + "_FILE";
  const std::optional<std::string> file = NonEmpty(environment, file_name);
  if (!file) return value ? std::optional(Secret{std::move(*value), ""}) : std::nullopt;
  if (value) diagnostics.Warning({file_name, 0, 0}, "it is used instead of " + name + ", which is set as well; unset one of them");
  if (const auto text = ReadValueFile(*file); !text) {
    diagnostics.Error({file_name, 0, 0}, text.error());
    return std::nullopt;
  }
  return Secret{"", *file};
}

std::optional<std::string> ReadVariable(const Environment& environment, const std::string& name, Diagnostics& diagnostics) {
  const std::optional<Secret> secret = ReadSecret(environment, name, diagnostics);
  if (!secret) return std::nullopt;
  const auto value = secret->file.empty() ? secret->value : ReadValueFile(secret->file).value_or("");
  return value.empty() ? std::nullopt : std::optional(value);
}

}  // namespace logmill
