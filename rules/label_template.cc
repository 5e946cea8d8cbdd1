#include "rules/label_template.h"

#include <algorithm>
#include <optional>

#include "rules/filters.h"
#include "rules/wording.h"

namespace logmill {
namespace {

using Kind = TemplatePiece::Kind;

struct RecordName {
  std::string_view name;
  Kind kind;
};
constexpr RecordName kRecordNames[] = {{"level", Kind::kLevel}, {"context", Kind::kContext},     {"message", Kind::kMessage},
                                       {"pid", Kind::kPid},     {"timestamp", Kind::kTimestamp}, {"format", Kind::kFormat}};

constexpr std::string_view kSpace = " \t\r\n";

bool IsNameChar(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

class Parser {
 public:
  Parser(std::string_view text, std::span<const std::string_view> captures, TemplateUse use, std::vector<TemplateError>& errors)
      : text_(text), captures_(captures), use_(use), errors_(errors) {}

  LabelTemplate Parse() {
    SkipSpace();
    ParseText();
    while (at_ < text_.size()) ParseFilter();
    return std::move(result_);
  }

 private:
  void ParseText();
  void AddLiteral(std::string_view text);
  void TrimEnd();
  void ParseName();
  void ParseBracedName();
  void ParseFieldPath(size_t dollar);
  void AddField(size_t dollar, std::string_view path);
  void AddName(size_t dollar, std::string_view name);
  void ParseFilter();
  std::vector<std::string> ParseArguments();
  std::string ParseArgument();
  void AddFilter(size_t offset, std::string_view name, std::vector<std::string> arguments);
  void CheckFilter(size_t offset, const Filter& filter, size_t arguments);

  [[nodiscard]] std::string_view TakeNameChars();
  [[nodiscard]] bool At(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void SkipSpace() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }
  void Error(size_t offset, std::string message) { errors_.push_back({offset, std::move(message)}); }

  std::string_view text_;
  std::span<const std::string_view> captures_;
  TemplateUse use_;
  std::vector<TemplateError>& errors_;
  size_t at_ = 0;
  LabelTemplate result_;
};

void Parser::ParseText() {
  while (at_ < text_.size() && text_[at_] != '|') {
    if (text_[at_] == '$') {
      ParseName();
      continue;
    }
    const size_t end = std::min(text_.find_first_of("$|", at_), text_.size());
    AddLiteral(text_.substr(at_, end - at_));
    at_ = end;
  }
  TrimEnd();
}

void Parser::AddLiteral(std::string_view text) {
  if (!result_.pieces.empty() && result_.pieces.back().kind == Kind::kLiteral) {
    result_.pieces.back().text += text;
  } else {
    result_.pieces.push_back({Kind::kLiteral, std::string(text)});
  }
}

void Parser::TrimEnd() {
  if (result_.pieces.empty() || result_.pieces.back().kind != Kind::kLiteral) return;
  std::string& text = result_.pieces.back().text;
  text.resize(text.find_last_not_of(kSpace) + 1);
  if (text.empty()) result_.pieces.pop_back();
}

void Parser::ParseName() {
  const size_t dollar = at_++;
  if (At('$')) {
    ++at_;
    AddLiteral("$");
  } else if (At('{')) {
    ParseBracedName();
  } else if (At('.')) {
    ++at_;
    ParseFieldPath(dollar);
  } else if (const std::string_view name = TakeNameChars(); !name.empty()) {
    AddName(dollar, name);
  } else {
    Error(dollar, "a name has to follow $ (write $$ for a dollar sign)");
  }
}

void Parser::ParseBracedName() {
  const size_t dollar = at_ - 1;
  const size_t end = text_.find('}', at_);
  if (end == std::string_view::npos) {
    Error(dollar, "${ without its }");
    at_ = text_.size();
    return;
  }
  const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  if (name.starts_with('.')) {
    AddField(dollar, name.substr(1));
  } else {
    AddName(dollar, name);
  }
}

// Keys joined by dots; a dot that no key follows is text.
void Parser::ParseFieldPath(size_t dollar) {
  const size_t begin = at_;
  size_t end = begin;
  do {
    if (at_ > begin) ++at_;
    if (TakeNameChars().empty()) break;
    end = at_;
  } while (At('.'));
  at_ = end;
  AddField(dollar, text_.substr(begin, end - begin));
}

void Parser::AddField(size_t dollar, std::string_view path) {
  if (IsFieldPath(path)) {
    result_.pieces.push_back({Kind::kField, std::string(path)});
  } else {
    Error(dollar, "a field path is keys joined by dots, for example $.req.method");
  }
}

void Parser::AddName(size_t dollar, std::string_view name) {
  if (std::find(captures_.begin(), captures_.end(), name) != captures_.end()) {
    result_.pieces.push_back({Kind::kCapture, std::string(name)});
    return;
  }
  for (const RecordName& known : kRecordNames) {
    if (known.name != name) continue;
    result_.pieces.push_back({known.kind, {}});
    return;
  }
  std::vector<std::string_view> candidates(captures_.begin(), captures_.end());
  const std::string here = captures_.empty() ? "there are no captures here" : "captures here: " + JoinNames(candidates);
  for (const RecordName& known : kRecordNames) candidates.push_back(known.name);
  const std::string near = DidYouMean(name, candidates);
  const std::string field = "; a field of the record is written $." + std::string(name);
  Error(dollar, "no field or capture named " + Quote(name) + "; " + here + (near.empty() ? field : near));
  errors_.back().unknown_name = true;
}

void Parser::ParseFilter() {
  ++at_;  // the bar
  SkipSpace();
  const size_t offset = at_;
  const std::string_view name = TakeNameChars();
  SkipSpace();
  std::vector<std::string> arguments;
  if (At('(')) arguments = ParseArguments();
  SkipSpace();
  if (name.empty()) {
    Error(offset, "the name of a filter has to follow |");
  } else {
    AddFilter(offset, name, std::move(arguments));
  }
  if (at_ == text_.size() || At('|')) return;
  if (!name.empty()) Error(at_, "expected | or the end after the filter " + Quote(name));
  at_ = std::min(text_.find('|', at_), text_.size());
}

std::vector<std::string> Parser::ParseArguments() {
  std::vector<std::string> arguments;
  const size_t open = at_;
  do {
    ++at_;  // the parenthesis or the comma
    arguments.push_back(ParseArgument());
  } while (At(','));
  if (At(')')) {
    ++at_;
  } else {
    Error(open, "( without its )");
    at_ = text_.size();
  }
  if (arguments.size() == 1 && arguments[0].empty() && text_.substr(open, at_ - open).find('"') == std::string_view::npos)
    arguments.clear();
  return arguments;
}

std::string Parser::ParseArgument() {
  SkipSpace();
  if (At('"')) {
    const size_t end = text_.find('"', at_ + 1);
    if (end == std::string_view::npos) return {};  // the caller misses the parenthesis
    std::string argument(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    SkipSpace();
    return argument;
  }
  const size_t end = std::min(text_.find_first_of(",()", at_), text_.size());
  std::string argument(text_.substr(at_, end - at_));
  argument.resize(argument.find_last_not_of(kSpace) + 1);
  at_ = end;
  return argument;
}

void Parser::AddFilter(size_t offset, std::string_view name, std::vector<std::string> arguments) {
  const auto index = FindFilter(name);
  if (!index) {
    std::vector<std::string_view> names;
    for (const Filter& filter : FilterTable()) names.push_back(filter.name);
    Error(offset, "unknown filter " + Quote(name) + DidYouMean(name, names));
    return;
  }
  CheckFilter(offset, FilterTable()[*index], arguments.size());
  result_.filters.push_back({*index, std::move(arguments)});
}

void Parser::CheckFilter(size_t offset, const Filter& filter, size_t arguments) {
  const std::string name(filter.name);
  if (arguments < filter.min_arguments || arguments > filter.max_arguments) {
    const std::string wanted = filter.max_arguments == 0   ? "no argument"
                               : filter.max_arguments == 1 ? "one argument"
                                                           : "1 to " + std::to_string(filter.max_arguments) + " arguments";
    Error(offset, "filter " + Quote(name) + " takes " + wanted + ", found " + std::to_string(arguments));
  }
  if (use_ == TemplateUse::kLabel && !filter.for_labels)
    Error(offset, "filter " + Quote(name) + " makes a number; it is for `value`, not for a label");
  if (use_ == TemplateUse::kValue && !filter.for_values)
    Error(offset, "filter " + Quote(name) + " makes text; it is for labels, not for `value`");
}

std::string_view Parser::TakeNameChars() {
  const size_t begin = at_;
  while (at_ < text_.size() && IsNameChar(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

}  // namespace

bool LabelTemplate::constant() const {
  return std::all_of(pieces.begin(), pieces.end(), [](const TemplatePiece& piece) { return piece.kind == Kind::kLiteral; });
}

bool LabelTemplate::safe() const {
  return std::any_of(filters.begin(), filters.end(), [](const FilterCall& call) { return FilterTable()[call.filter].safe; });
}

bool LabelTemplate::bare() const { return pieces.size() == 1 && filters.empty(); }

bool LabelTemplate::ambiguous() const {
  const auto values = std::count_if(pieces.begin(), pieces.end(), [](const TemplatePiece& piece) { return piece.kind != Kind::kLiteral; });
  return !filters.empty() || values > 1;
}

bool LabelTemplate::masks_uuids() const {
  for (const FilterCall& call : filters) {
    const std::string_view name = FilterTable()[call.filter].name;
    if (name == "uuid" || name == "number") return name == "uuid";
  }
  return false;
}

bool IsFieldPath(std::string_view path) {
  return !path.empty() && !path.starts_with('.') && !path.ends_with('.') && path.find("..") == std::string_view::npos;
}

LabelTemplate ParseTemplate(std::string_view text, std::span<const std::string_view> captures, TemplateUse use,
                            std::vector<TemplateError>& errors) {
  return Parser(text, captures, use, errors).Parse();
}

}  // namespace logmill
