#include "rules/filters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace logmill {
namespace {

LabelTemplate Parse(const std::string& text, TemplateUse use) {
  std::vector<TemplateError> errors;
  LabelTemplate parsed = ParseTemplate(text, {}, use, errors);
  EXPECT_TRUE(errors.empty()) << text << ": " << errors[0].message;
  return parsed;
}

// The label '$level | filters' for a record whose level is `text`.
std::string Label(const std::string& filters, std::string text) {
  std::string scratch = "left over";
  RunFilters(Parse("$level | " + filters, TemplateUse::kLabel).filters, &text, &scratch);
  return text;
}

// The same for a value; NaN when it is no number.
double Value(const std::string& filters, std::string text) {
  std::string scratch;
  return RunValueFilters(Parse("$level | " + filters, TemplateUse::kValue).filters, &text, &scratch).value_or(std::nan(""));
}

TEST(Filters, EachHasAnExampleHere) {
  struct Case {
    const char* filters;
    const char* text;
    const char* result;
  };
  const Case cases[] = {
      {"lower", "ÄbC-1", "Äbc-1"},
      {"upper", "abC-ß", "ABC-ß"},
      {"trim", " \t a b \r\n", "a b"},
      {"trim", " \n", ""},
      {"default(none)", "", "none"},
      {"default(none)", "x", "x"},
      {"trim | default(\"a, (b)\")", "  ", "a, (b)"},
      {"enum(a, b)", "b", "b"},
      {"enum(a, b)", "c", "other"},
      {"enum(a, b)", "", "other"},
      {"enum(a, b) | upper", "a", "A"},
      {"status_class", "404", "4xx"},
      {"status_class", "599", "5xx"},
      {"status_class", "600", "other"},
      {"status_class", "099", "other"},
      {"status_class", "20", "other"},
      {"status_class", "2000", "other"},
      {"status_class", "", "other"},
      {"route", "/api/assets/7?x=1", "/api/assets/:id"},
      {"uuid", "a 1c2a0f3e-0000-4000-8000-0123456789AB, b", "a :uuid, b"},
      {"uuid", "1c2a0f3e-0000-4000-8000-0123456789A", "1c2a0f3e-0000-4000-8000-0123456789A"},
      {"number", "took 10.07ms of 3, from 10.0.0.1.", "took :nms of :n, from :n."},
      {"number", "v1..2", "v:n..:n"},
  };
  for (const Case& c : cases) EXPECT_EQ(Label(c.filters, c.text), c.result) << c.filters << " of " << c.text;
}

TEST(Filters, UnitsAreExactWhereDecimalNumbersAre) {
  EXPECT_EQ(Value("ms_to_seconds", "10.07"), 0.01007);
  EXPECT_EQ(Value("seconds_to_ms", "1.5"), 1500);
  EXPECT_EQ(Value("us_to_ms", "7"), 0.007);
  EXPECT_EQ(Value("us_to_seconds", "7"), 0.000007);
  EXPECT_EQ(Value("ns_to_ms", "3"), 0.000003);
  EXPECT_EQ(Value("ns_to_seconds", "3"), 0.000000003);
  EXPECT_EQ(Value("minutes_to_seconds", "2.5"), 150);
  EXPECT_EQ(Value("percent_to_ratio", "45"), 0.45);
  EXPECT_EQ(Value("kib_to_bytes", "1.5"), 1536);
  EXPECT_EQ(Value("mib_to_bytes", "1"), 1048576);
  EXPECT_EQ(Value("gib_to_bytes", "4"), 4294967296);
  EXPECT_EQ(Value("kb_to_bytes", "1.5"), 1500);
  EXPECT_EQ(Value("mb_to_bytes", "1"), 1e6);
  EXPECT_EQ(Value("gb_to_bytes", "1"), 1e9);
}

TEST(Filters, ValuesChain) {
  EXPECT_EQ(Value("trim | ms_to_seconds", " 250 "), 0.25);
  EXPECT_EQ(Value("seconds_to_ms | ms_to_seconds", "0.1"), 0.1);
  EXPECT_EQ(Value("ms_to_seconds | default(7)", "fast"), 7);
  EXPECT_EQ(Value("default(0)", ""), 0);
  EXPECT_TRUE(std::isnan(Value("ms_to_seconds", "")));
  EXPECT_TRUE(std::isnan(Value("gib_to_bytes", "1e308")));
}

TEST(Filters, ANumberIsTheWholeTextAndFinite) {
  EXPECT_EQ(ParseNumber("12"), 12);
  EXPECT_EQ(ParseNumber("-1.5e3"), -1500);
  EXPECT_EQ(ParseNumber(".5"), 0.5);
  EXPECT_EQ(ParseNumber("007"), 7);
  for (const char* text : {"", "+1", " 1", "1 ", "0x10", "1,5", "inf", "nan", "1e999", "-", "1e", "1_000", "١"})
    EXPECT_FALSE(ParseNumber(text)) << text;
}

TEST(Filters, TheTableIsSound) {
  for (const Filter& filter : FilterTable()) {
    EXPECT_NE(filter.text == nullptr, filter.number == nullptr) << filter.name;
    EXPECT_LE(filter.min_arguments, filter.max_arguments) << filter.name;
    EXPECT_TRUE(filter.for_labels || filter.for_values) << filter.name;
    EXPECT_EQ(&FilterTable()[*FindFilter(filter.name)], &filter) << "names are unique";
    EXPECT_TRUE(filter.text != nullptr || !filter.for_labels) << filter.name << ": numbers are unbounded labels";
  }
  EXPECT_FALSE(FindFilter("nothing"));
}

}  // namespace
}  // namespace logmill
