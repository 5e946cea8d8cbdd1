#include "rules/label_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/filters.h"

namespace logmill {
namespace {

using ::testing::IsEmpty;
using Kind = TemplatePiece::Kind;

constexpr std::string_view kCaptures[] = {"url", "method", "level", "1st"};

// Pieces as [kind]text, filters as |name(argument,...).
std::string Show(std::string_view text) {
  std::vector<TemplateError> errors;
  const LabelTemplate parsed = ParseTemplate(text, kCaptures, TemplateUse::kLabel, errors);
  if (!errors.empty()) return "error at " + std::to_string(errors[0].offset) + ": " + errors[0].message;
  static constexpr std::string_view kKinds[] = {"", "capture ", "level", "context", "message", "pid", "timestamp", "format", "field "};
  std::string shown;
  for (const TemplatePiece& piece : parsed.pieces) {
    shown.append("[").append(kKinds[static_cast<size_t>(piece.kind)]).append(piece.text).append("]");
  }
  for (const FilterCall& call : parsed.filters) {
    shown.append("|").append(FilterTable()[call.filter].name);
    for (const std::string& argument : call.arguments) shown.append(" <").append(argument).append(">");
  }
  return shown;
}

TEST(LabelTemplate, TextAndNames) {
  EXPECT_EQ(Show("plain"), "[plain]");
  EXPECT_EQ(Show(""), "");
  EXPECT_EQ(Show("$url"), "[capture url]");
  EXPECT_EQ(Show("v${url}.${method}x"), "[v][capture url][.][capture method][x]");
  EXPECT_EQ(Show("$url-$method"), "[capture url][-][capture method]");
  EXPECT_EQ(Show("$context$message$pid$timestamp$format"), "[context][message][pid][timestamp][format]");
  EXPECT_EQ(Show("$level"), "[capture level]") << "a capture of the same name goes first";
  EXPECT_EQ(Show("$1st"), "[capture 1st]");
  EXPECT_EQ(Show("$$5 and $$"), "[$5 and $]");
}

TEST(LabelTemplate, FieldPaths) {
  EXPECT_EQ(Show("$.req.method"), "[field req.method]");
  EXPECT_EQ(Show("$.errors.0.code."), "[field errors.0.code][.]");
  EXPECT_EQ(Show("${.a-b.c d}x"), "[field a-b.c d][x]");
  EXPECT_EQ(Show("$.a-$.b"), "[field a][-][field b]");
}

TEST(LabelTemplate, Filters) {
  EXPECT_EQ(Show("$url | route"), "[capture url]|route");
  EXPECT_EQ(Show(" $url|trim|default( none )|lower() "), "[capture url]|trim|default <none>|lower");
  EXPECT_EQ(Show("a $url b | enum(a, b c,\"d, (e)|\")"), "[a ][capture url][ b]|enum <a> <b c> <d, (e)|>");
  EXPECT_EQ(Show("$url | default(\"\")"), "[capture url]|default <>");
}

TEST(LabelTemplate, EveryMistakeHasItsPlace) {
  EXPECT_EQ(Show("x $metod"),
            "error at 2: no field or capture named \"metod\"; captures here: url, method, level, 1st; did you mean \"method\"?");
  EXPECT_EQ(Show("$"), "error at 0: a name has to follow $ (write $$ for a dollar sign)");
  EXPECT_EQ(Show("a ${url"), "error at 2: ${ without its }");
  EXPECT_EQ(Show("$.."), "error at 0: a field path is keys joined by dots, for example $.req.method");
  EXPECT_EQ(Show("$url | | lower"), "error at 7: the name of a filter has to follow |");
  EXPECT_EQ(Show("$url | trimm"), "error at 7: unknown filter \"trimm\"; did you mean \"trim\"?");
  EXPECT_EQ(Show("$url | enum(a"), "error at 11: ( without its )");
  EXPECT_EQ(Show("$url | enum(a(b))"), "error at 11: ( without its )");
  EXPECT_EQ(Show("$url | enum(\"a)"), "error at 11: ( without its )");
  EXPECT_EQ(Show("$url | lower x"), "error at 13: expected | or the end after the filter \"lower\"");
  EXPECT_EQ(Show("$url | default"), "error at 7: filter \"default\" takes one argument, found 0");
}

TEST(LabelTemplate, AllMistakesAtOnce) {
  std::vector<TemplateError> errors;
  (void)ParseTemplate("$a $b | c | lower(x)", {}, TemplateUse::kLabel, errors);
  EXPECT_EQ(errors.size(), 4u);
}

TEST(LabelTemplate, FiltersAreForLabelsOrForValues) {
  std::vector<TemplateError> errors;
  (void)ParseTemplate("$level | default(0) | bytes", {}, TemplateUse::kValue, errors);
  EXPECT_THAT(errors, IsEmpty());
  (void)ParseTemplate("$level | bytes", {}, TemplateUse::kLabel, errors);
  (void)ParseTemplate("$level | enum(a)", {}, TemplateUse::kValue, errors);
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].message, "filter \"bytes\" makes a number; it is for `value`, not for a label");
  EXPECT_EQ(errors[1].message, "filter \"enum\" makes text; it is for labels, not for `value`");
}

TEST(LabelTemplate, KnowsWhetherItIsConstantOrSafe) {
  std::vector<TemplateError> errors;
  auto parse = [&](std::string_view text) { return ParseTemplate(text, kCaptures, TemplateUse::kLabel, errors); };
  EXPECT_TRUE(parse("api | upper").constant());
  EXPECT_FALSE(parse("api $url").constant());
  EXPECT_FALSE(parse("$url | lower").safe());
  EXPECT_TRUE(parse("$url | lower | route").safe());
  EXPECT_TRUE(parse("$url | enum(a) | upper").safe());
  EXPECT_THAT(errors, IsEmpty());
}

TEST(LabelTemplate, KnowsWhetherItsTextTellsItsValues) {
  std::vector<TemplateError> errors;
  auto parse = [&](std::string_view text) { return ParseTemplate(text, kCaptures, TemplateUse::kLabel, errors); };
  EXPECT_TRUE(parse("$url").bare());
  for (const char* text : {"x$url", "$url$level", "$url | lower"}) EXPECT_FALSE(parse(text).bare()) << text;
  for (const char* text : {"$url", "x$url"}) EXPECT_FALSE(parse(text).ambiguous()) << text;
  for (const char* text : {"$url$level", "$url | lower"}) EXPECT_TRUE(parse(text).ambiguous()) << text;
  EXPECT_TRUE(parse("$url | lower | uuid | number").masks_uuids());
  for (const char* text : {"$url", "$url | number | uuid", "$url | lower"}) EXPECT_FALSE(parse(text).masks_uuids()) << text;
  EXPECT_THAT(errors, IsEmpty());
}

}  // namespace
}  // namespace logmill
