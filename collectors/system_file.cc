#include "collectors/system_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace logmill {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

std::unexpected<std::string> Failure(const std::string& path, int error) {
  return std::unexpected(path + ": " + std::generic_category().message(error));
}

// Appends what one read gives; 0 at the end, -1 with errno.
ssize_t ReadMore(int fd, std::string& text, size_t most) {
  constexpr size_t kFirst = 4096;
  const size_t before = text.size();
  text.resize(std::min(most, std::max(kFirst, 2 * before)));
  ssize_t got = 0;
  do {
    got = read(fd, text.data() + before, text.size() - before);
  } while (got < 0 && errno == EINTR);
  text.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return got;
}

}  // namespace

std::expected<std::string, std::string> ReadSystemFile(const std::string& path, size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return Failure(path, errno);
  if (!S_ISREG(status.st_mode)) return std::unexpected(path + ": not a regular file");
  std::string text;
  while (text.size() <= limit) {
    const ssize_t got = ReadMore(file.get(), text, limit + 1);
    if (got < 0) return Failure(path, errno);
    if (got == 0) return text;
  }
  text.resize(limit);
  const size_t last_line_end = text.rfind('\n');
  text.resize(last_line_end == std::string::npos ? 0 : last_line_end + 1);
  return text;
}

std::string_view TakeUntil(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

std::string_view TakeWord(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::string_view word = TakeWord(line); !word.empty(); word = TakeWord(line)) words.push_back(word);
  return words;
}

std::optional<uint64_t> ParseCount(std::string_view word) {
  uint64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, value);
  if (word.empty() || error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::optional<uint64_t> FirstCount(std::string_view text) {
  std::string_view line = TakeUntil(text, '\n');
  return ParseCount(TakeWord(line));
}

std::optional<uint64_t> FindCount(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (TakeWord(line) == key) return ParseCount(TakeWord(line));
  }
  return std::nullopt;
}

}  // namespace logmill
