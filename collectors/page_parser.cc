#include "collectors/page_parser.h"

#include <algorithm>
#include <utility>

#include "collectors/page_families.h"
#include "collectors/page_lexer.h"
#include "collectors/page_names.h"

namespace logmill {
namespace {

constexpr std::string_view kEof = "# EOF";

// Calls visit(number, line) for each line with something in it, without blanks around it.
template <class Visit>
void ForEachLine(std::string_view page, Visit visit) {
  for (size_t number = 1; !page.empty(); ++number) {
    const size_t end = std::min(page.find('\n'), page.size());
    const std::string_view line = Trimmed(page.substr(0, end));
    if (!line.empty()) visit(number, line);
    page.remove_prefix(std::min(end + 1, page.size()));
  }
}

std::string_view LastLine(std::string_view page) {
  if (page.ends_with('\n')) page.remove_suffix(1);
  return Trimmed(page.substr(page.rfind('\n') + 1));
}

// Why this is no whole metrics page, or null.
const char* Refusal(std::string_view page, PageFormat format) {
  const size_t first = page.find_first_not_of(" \t\r\n");
  const char begin = first == std::string_view::npos ? '#' : page[first];
  if (begin == '<') return "the page is HTML or XML, not metrics";
  if (begin == '{' || begin == '[') return "the page is JSON, not metrics";
  if (format == PageFormat::kOpenMetrics) return LastLine(page) == kEof ? nullptr : "the page does not end with # EOF: it was cut short";
  return page.empty() || page.ends_with('\n') ? nullptr : "the last line of the page has no end: it was cut short";
}

void Declare(size_t number, std::string_view line, PageNames& names, PageFaults& faults) {
  const CommentLine comment = LexComment(line);
  if (comment.kind == CommentLine::Kind::kHelp) names.DeclareHelp(comment.name, comment.text);
  if (comment.kind == CommentLine::Kind::kType && !names.DeclareType(comment.name, comment.text)) {
    faults.Count(PageFault::kLine, number, "", "a TYPE that is unknown or contradicts the one before");
  }
}

std::string_view MediaType(std::string_view content_type) { return Trimmed(content_type.substr(0, content_type.find(';'))); }

}  // namespace

std::optional<PageFormat> PageFormatOf(std::string_view content_type) {
  std::string type(MediaType(content_type));
  std::ranges::transform(type, type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (type.empty() || type == "text/plain") return PageFormat::kText;
  if (type == "application/openmetrics-text") return PageFormat::kOpenMetrics;
  return std::nullopt;
}

std::expected<ParsedPage, std::string> ParsePage(std::string_view page, PageFormat format, const PageLimits& limits) {
  if (const char* refusal = Refusal(page, format)) return std::unexpected(refusal);
  ParsedPage parsed;
  PageNames names;
  ForEachLine(page, [&](size_t number, std::string_view line) {
    if (line[0] == '#') Declare(number, line, names, parsed.faults);
  });
  PageFamilies families(names, format, limits, parsed.faults);
  SampleLine sample;
  ForEachLine(page, [&](size_t number, std::string_view line) {
    if (line[0] == '#') return;
    ++parsed.samples;
    const char* wrong = LexSample(line, format == PageFormat::kOpenMetrics, &sample);
    if (wrong == nullptr) return families.Add(number, sample);
    parsed.faults.Count(PageFault::kLine, number, names.NameForReports(sample.name), wrong);
  });
  if (parsed.samples > 0 && families.numbers() == 0) return std::unexpected("no line of the page is a sample: it is no metrics page");
  parsed.families = families.Finish();
  return parsed;
}

}  // namespace logmill
