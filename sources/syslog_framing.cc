#include "sources/syslog_framing.h"

#include <algorithm>
#include <cstdint>

namespace logmill {
namespace {

constexpr size_t kMostDigits = 9;
constexpr std::string_view kBetween("\n\r\0", 3);  // what may stand between two messages

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

enum class Kind : uint8_t { kUnknown, kCounted, kLine };

struct Start {
  Kind kind = Kind::kLine;
  size_t head = 0;   // of a counted message: bytes of the number and the space
  size_t count = 0;  // of a counted message
};

Start StartOf(std::string_view bytes) {
  size_t digits = 0;
  size_t count = 0;
  while (digits < bytes.size() && digits <= kMostDigits && IsDigit(bytes[digits]))
    count = count * 10 + static_cast<size_t>(bytes[digits++] - '0');
  if (digits == 0 || digits > kMostDigits || bytes.front() == '0') return {};
  const std::string_view rest = bytes.substr(digits, 2);
  if (rest == " <") return {Kind::kCounted, digits + 1, count};
  return {rest.empty() || rest == " " ? Kind::kUnknown : Kind::kLine};
}

// One walk for both ends: looking for one after the other would read the same bytes for every message anew.
size_t FindLineEnd(std::string_view bytes, size_t from) {
  while (from < bytes.size() && bytes[from] != '\n' && bytes[from] != '\0') ++from;
  return from < bytes.size() ? from : bytes.npos;
}

}  // namespace

// False: there is more to skip than there are bytes.
bool SyslogFraming::Skip(std::string_view* bytes) {
  const size_t counted = std::min(skip_bytes_, bytes->size());
  skip_bytes_ -= counted;
  bytes->remove_prefix(counted);
  if (skip_line_) {
    const size_t end = FindLineEnd(*bytes, 0);
    skip_line_ = end == bytes->npos;
    bytes->remove_prefix(std::min(end, bytes->size()));
  }
  if (skip_bytes_ > 0 || skip_line_) return false;
  if (searched_ == 0) bytes->remove_prefix(std::min(bytes->find_first_not_of(kBetween), bytes->size()));
  return !bytes->empty();
}

std::optional<SyslogFrame> SyslogFraming::Next(std::string_view* bytes, bool ended) {
  if (!Skip(bytes)) return std::nullopt;
  const Start start = StartOf(*bytes);
  if (start.kind == Kind::kCounted) return NextCounted(bytes, start.head, start.count, ended);
  if (start.kind == Kind::kUnknown && !ended) return std::nullopt;
  return NextLine(bytes, ended);
}

std::optional<SyslogFrame> SyslogFraming::NextCounted(std::string_view* bytes, size_t head, size_t count, bool ended) {
  const std::string_view body = bytes->substr(head);
  const size_t wanted = std::min(count, max_message_bytes_);
  if (body.size() < wanted && !ended) return std::nullopt;
  const SyslogFrame frame{.message = body.substr(0, wanted), .cut = count > wanted, .broken = body.size() < wanted};
  bytes->remove_prefix(head + frame.message.size());
  skip_bytes_ = count - wanted;
  return frame;
}

std::optional<SyslogFrame> SyslogFraming::NextLine(std::string_view* bytes, bool ended) {
  const size_t end = FindLineEnd(*bytes, searched_);
  const size_t size = std::min(end, bytes->size());
  const bool cut = size > max_message_bytes_;
  if (end == bytes->npos && !cut && !ended) return searched_ = size, std::nullopt;
  const SyslogFrame frame{.message = bytes->substr(0, std::min(size, max_message_bytes_)), .cut = cut};
  bytes->remove_prefix(frame.message.size());
  searched_ = 0;
  skip_line_ = cut;
  return frame;
}

}  // namespace logmill
