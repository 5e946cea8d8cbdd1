#include "daemon/sample_text.h"

#include <charconv>
#include <limits>

namespace logmill {
namespace {

class SampleParser {
 public:
  explicit SampleParser(std::string_view text) : text_(text) {}

  std::optional<SampleText> Parse() {
    SampleText sample;
    sample.name = Word();
    if (sample.name.empty() || !Labels(sample) || !Number(&sample.value)) return std::nullopt;
    SkipSpace();
    if (!text_.empty()) return std::nullopt;
    return sample;
  }

 private:
  void SkipSpace() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t')) text_.remove_prefix(1);
  }
  bool Take(char c) {
    SkipSpace();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string Word() {
    SkipSpace();
    const size_t size = std::min(text_.find_first_of("{}=\", \t"), text_.size());
    std::string word(text_.substr(0, size));
    text_.remove_prefix(size);
    return word;
  }

  bool Labels(SampleText& sample) {
    if (!Take('{')) return true;
    while (!Take('}')) {
      std::string name = Word();
      std::string value;
      if (name.empty() || !Take('=') || !Quoted(&value)) return false;
      sample.labels[std::move(name)] = std::move(value);
      if (!Take(',') && !text_.starts_with('}')) return false;
    }
    return true;
  }

  bool Quoted(std::string* value) {
    if (!Take('"')) return false;
    while (!text_.empty() && text_[0] != '"') {
      char c = text_[0];
      text_.remove_prefix(1);
      if (c == '\\' && !text_.empty()) {
        c = text_[0] == 'n' ? '\n' : text_[0];
        text_.remove_prefix(1);
      }
      *value += c;
    }
    return Take('"');
  }

  bool Number(double* value) {
    SkipSpace();
    if (text_.starts_with('+')) text_.remove_prefix(1);
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), *value);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return true;
  }

  std::string_view text_;
};

}  // namespace

std::optional<SampleText> ParseSample(std::string_view line) { return SampleParser(line).Parse(); }

}  // namespace logmill
