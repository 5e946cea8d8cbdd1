#include "rules/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Findings(const Diagnostics& diagnostics) {
  std::vector<std::string> texts;
  for (const Diagnostic& entry : diagnostics.entries()) texts.push_back(Format(entry));
  return texts;
}

YamlTree Parse(std::string_view text) {
  Diagnostics diagnostics;
  auto tree = ParseYaml(text, "f", diagnostics);
  EXPECT_THAT(Findings(diagnostics), IsEmpty());
  return std::move(*tree);
}

std::string ErrorOf(std::string_view text) {
  Diagnostics diagnostics;
  (void)ParseYaml(text, "f", diagnostics);
  return diagnostics.entries().empty() ? "" : Format(diagnostics.entries()[0]);
}

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(YamlTree, KnowsKindsOrderAndPlaces) {
  const YamlTree tree = Parse("b: 1\na:\n  - x\n  - 'y'\n  - {k: ~}\n");
  const YamlNode& root = tree.root();
  ASSERT_EQ(root.kind, YamlNode::Kind::kMap);
  ASSERT_EQ(root.keys.size(), 2u);
  EXPECT_EQ(root.keys[0]->text, "b");
  EXPECT_EQ(root.keys[1]->text, "a");
  const YamlNode& list = *root.items[1];
  ASSERT_EQ(list.kind, YamlNode::Kind::kList);
  EXPECT_FALSE(list.items[0]->quoted);
  EXPECT_TRUE(list.items[1]->quoted);
  EXPECT_EQ(list.items[1]->line, 4);
  EXPECT_EQ(list.items[1]->column, 5);
  EXPECT_EQ(list.items[2]->items[0]->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(list.items[2]->items[0]->column, 9);
}

TEST(YamlTree, AnEmptyFileIsNull) {
  for (std::string_view text : {"", "\n", "# nothing\n", "---\n", "\xEF\xBB\xBF"})
    EXPECT_EQ(Parse(text).root().kind, YamlNode::Kind::kNull) << text;
}

TEST(YamlTree, AMissingValueIsAtItsKey) {
  const YamlTree tree = Parse("a:\n\n\nb: 1\n");
  EXPECT_EQ(tree.root().items[0]->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(tree.root().items[0]->line, 1);
}

TEST(YamlTree, ColumnsPointIntoScalars) {
  const YamlTree tree = Parse("a: plain text\nb: 'quoted'\nc: \"esc\\taped\"\nd: 'it''s'\ne: |\n  block\n");
  const auto& items = tree.root().items;
  EXPECT_EQ(items[0]->ColumnAt(6), 4 + 6);
  EXPECT_EQ(items[1]->ColumnAt(2), 5 + 2);
  EXPECT_EQ(items[2]->ColumnAt(5), 4) << "an escape: the scalar's own column";
  EXPECT_EQ(items[3]->ColumnAt(3), 4);
  EXPECT_EQ(items[4]->ColumnAt(1), items[4]->column);
  EXPECT_EQ(items[4]->text, "block\n");
  EXPECT_TRUE(items[4]->quoted);
}

TEST(YamlTree, ByteOrderMarkAndCarriageReturnsDoNotShiftPlaces) {
  const YamlTree tree = Parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 'two'\r\n");
  EXPECT_EQ(tree.root().items[1]->text, "two");
  EXPECT_EQ(tree.root().items[1]->line, 2);
  EXPECT_EQ(tree.root().items[1]->ColumnAt(0), 5);
}

TEST(YamlTree, AliasesAreTheNodeThatTheyName) {
  const YamlTree tree = Parse("a: &x {k: v}\nb: *x\n");
  EXPECT_EQ(tree.root().items[0], tree.root().items[1]);
}

TEST(YamlTree, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "f:3:1: key \"a\" is here twice, first in line 1");
  EXPECT_EQ(ErrorOf("a: 'b\nc: d\n"), "f:1:4: this quote is never closed");
  EXPECT_EQ(ErrorOf("a: \"b\n"), "f:1:4: this quote is never closed");
  EXPECT_EQ(ErrorOf("a: \"b\\\""), "f:1:8: YAML: illegal EOF in scalar (a quote is never closed)");
  EXPECT_EQ(ErrorOf("a: b\n---\nc: d\n"), "f:2:1: a second document begins here; one file holds one document");
  EXPECT_EQ(ErrorOf("a: b\n# \xC3(\n"), "f:2:3: not valid UTF-8; save the file as UTF-8");
  EXPECT_EQ(ErrorOf(std::string_view("a: b\0", 5)), "f:1:5: control character; YAML does not allow it");
  EXPECT_THAT(ErrorOf("a: &x [1, {b: *x}]\n"), HasSubstr("f:1:15: this alias stands inside of what it names"));
  EXPECT_THAT(ErrorOf("<<: {a: b}\n"), HasSubstr("f:1:1: merge keys (<<) are not supported"));
  EXPECT_THAT(ErrorOf("a: !!int 5\n"), HasSubstr("f:1:4: tags"));
  EXPECT_THAT(ErrorOf("a: b: c\n"), HasSubstr("f:1:5: YAML: illegal map value"));
}

TEST(YamlTree, UnicodeIsUtf8AsInRfc3629) {
  EXPECT_EQ(ErrorOf("a: \xF0\x9F\x9A\xA7 \xE2\x82\xAC \xC3\xA9\n"), "");
  for (std::string_view bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE2\x82", "\xF5\x80\x80\x80", "\xE0\x9F\xBF"}) {
    EXPECT_THAT(ErrorOf(std::string("a: ").append(bad)), HasSubstr("f:1:4: not valid UTF-8"));
  }
}

TEST(YamlTree, DepthIsLimited) {
  EXPECT_EQ(ErrorOf(Repeat("[", 100) + Repeat("]", 100)), "");
  EXPECT_EQ(ErrorOf(Repeat("[", 1000) + Repeat("]", 1000)), "f:1:101: nested deeper than 100");
  EXPECT_THAT(ErrorOf(Repeat("[", 100'000)), HasSubstr("nested deeper than 100"));
  EXPECT_THAT(ErrorOf(Repeat("{a: ", 1000)), HasSubstr("nested deeper than 100"));
  EXPECT_THAT(ErrorOf(Repeat("- ", 1000)), HasSubstr("nested deeper than 100"));
}

TEST(YamlTree, AliasesCannotMakeTheTreeDeeper) {
  std::string text = "a: &a ";
  text.append(Repeat("[", 60)).append(Repeat("]", 60)).append("\nb: ").append(Repeat("[", 60)).append("*a").append(Repeat("]", 60));
  EXPECT_THAT(ErrorOf(text), HasSubstr("f:2:64: nested deeper than 100"));
}

TEST(YamlTree, AliasBombsEndInAnError) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = std::to_string(i - 1);
    const std::string name = std::to_string(i);
    bomb.append("a").append(name).append(": &a").append(name).append(" [");
    for (int k = 0; k < 10; ++k) bomb.append(k == 0 ? "*a" : ", *a").append(before);
    bomb.append("]\n");
  }
  EXPECT_THAT(ErrorOf(bomb), HasSubstr("f:5:45: aliases make the file too large"));
}

TEST(YamlTree, ATooLargeFileIsRefused) {
  EXPECT_EQ(ErrorOf(std::string(YamlTree::kMaxBytes + 1, ' ')), "f: larger than 16 MiB");
  EXPECT_THAT(ErrorOf(std::string("[").append(Repeat("1,", YamlTree::kMaxNodes)).append("]")),
              HasSubstr("more than 2000000 values in one file"));
}

TEST(YamlTree, MissingFilesAndFoldersAreErrors) {
  Diagnostics diagnostics;
  EXPECT_FALSE(ReadTextFile("/nonexistent/rules.yaml", diagnostics));
  EXPECT_FALSE(ReadTextFile("/", diagnostics));
  EXPECT_THAT(Findings(diagnostics),
              ElementsAre("/nonexistent/rules.yaml: cannot be read: No such file or directory", "/: is a directory, not a file"));
}

}  // namespace
}  // namespace logmill
