#include "sources/http_records.h"

#include <algorithm>
#include <array>
#include <span>

#include "sources/gzip.h"

namespace logmill {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhiteSpace);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

using Visit = std::function<bool(std::string_view)>;

HttpRefusal TooLong(std::string_view what, size_t number, size_t max_line_bytes) {
  return {413, std::string(what) + " " + std::to_string(number) + " is too long: at most " + std::to_string(max_line_bytes) +
                   " bytes are taken, of which quotes and backslashes count twice; nothing of the request was taken."};
}

std::optional<HttpRefusal> SplitLines(std::string_view body, size_t max_line_bytes, const Visit& visit) {
  for (size_t number = 1; !body.empty(); ++number) {
    std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > max_line_bytes || (!line.empty() && !visit(line))) return TooLong("Line", number, max_line_bytes);
  }
  return std::nullopt;
}

// Bytes of the object at the front up to its closing brace, or 0 when there is none.
size_t ObjectBytes(std::string_view text) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

// Walks over objects and arrays of objects.
class ObjectSplitter {
 public:
  ObjectSplitter(std::string_view body, size_t max_line_bytes, const Visit& visit)
      : body_(body), rest_(body), max_line_bytes_(max_line_bytes), visit_(visit) {}

  std::optional<HttpRefusal> Split() {
    for (SkipSpace(); !rest_.empty() && !refusal_; SkipSpace()) rest_.front() == '[' ? TakeArray() : TakeObject();
    return refusal_;
  }

 private:
  void SkipSpace() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kWhiteSpace), rest_.size())); }

  void TakeArray() {
    rest_.remove_prefix(1);
    SkipSpace();
    while (!rest_.starts_with(']')) {
      TakeObject();
      if (refusal_) return;
      SkipSpace();
      if (rest_.starts_with(']')) break;
      if (!rest_.starts_with(',')) return Fail("a comma or the end of the array is missing");
      rest_.remove_prefix(1);
      SkipSpace();
      if (!rest_.starts_with('{')) return Fail("another object has to follow the comma");
    }
    rest_.remove_prefix(1);
  }

  void TakeObject() {
    if (!rest_.starts_with('{')) {
      return Fail("a JSON object has to stand here, or an array of objects; send lines as application/x-ndjson or text/plain");
    }
    const size_t bytes = ObjectBytes(rest_);
    if (bytes == 0) return Fail("this object does not end");
    ++objects_;
    if (bytes > max_line_bytes_ || !visit_(rest_.substr(0, bytes))) refusal_ = TooLong("Object", objects_, max_line_bytes_);
    rest_.remove_prefix(bytes);
  }

  void Fail(std::string_view what) {
    refusal_ = {400, "At byte " + std::to_string(body_.size() - rest_.size() + 1) + ": " + std::string(what) + "."};
  }

  const std::string_view body_;
  std::string_view rest_;
  const size_t max_line_bytes_;
  const Visit& visit_;
  size_t objects_ = 0;
  std::optional<HttpRefusal> refusal_;
};

}  // namespace

std::expected<std::string, HttpRefusal> Gunzipped(std::string_view body, size_t most_bytes) {
  GunzipStream gunzip;
  std::span<const char> input(body);
  std::array<char, size_t{32} * 1024> piece;
  std::string text;
  while (const size_t size = gunzip.Inflate(&input, piece)) {
    if (size > most_bytes - text.size()) {
      return std::unexpected(HttpRefusal{
          413, "The body is too long once it is decompressed: at most " + std::to_string(most_bytes) + " bytes are taken at once."});
    }
    text.append(piece.data(), size);
  }
  if (!gunzip.error().empty())
    return std::unexpected(HttpRefusal{400, "The body is not what Content-Encoding says: " + gunzip.error() + "."});
  if (!gunzip.complete()) return std::unexpected(HttpRefusal{400, "The compressed body ends too early."});
  return text;
}

std::expected<HttpRecordForm, HttpRefusal> FormOf(std::string_view content_type) {
  const std::string type = Lower(Trimmed(content_type.substr(0, content_type.find(';'))));
  constexpr std::array<std::string_view, 6> kLines = {
      "", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "text/plain"};
  if (std::ranges::find(kLines, type) != kLines.end()) return HttpRecordForm::kLines;
  if (type == "application/json") return HttpRecordForm::kJson;
  return std::unexpected(HttpRefusal{415, "This Content-Type is not taken; use application/x-ndjson, application/json or text/plain."});
}

std::optional<HttpRefusal> SplitRecords(std::string_view body, HttpRecordForm form, size_t max_line_bytes, const Visit& visit) {
  return form == HttpRecordForm::kLines ? SplitLines(body, max_line_bytes, visit) : ObjectSplitter(body, max_line_bytes, visit).Split();
}

}  // namespace logmill
