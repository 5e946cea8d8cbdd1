#include "rules/literal_scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace logmill {
namespace {

std::set<uint32_t> Scan(const LiteralScanner& scanner, std::string_view text) {
  std::set<uint32_t> found;
  scanner.Scan(text, [&](uint32_t id) { found.insert(id); });
  return found;
}

TEST(LiteralScannerTest, FindsLiteralsThatOverlap) {
  const LiteralScanner scanner({{"he", 0}, {"she", 1}, {"hers", 2}, {"his", 3}, {"rs", 4}});
  EXPECT_EQ(Scan(scanner, "ushers"), (std::set<uint32_t>{0, 1, 2, 4}));
  EXPECT_EQ(Scan(scanner, "this"), (std::set<uint32_t>{3}));
  EXPECT_EQ(Scan(scanner, ""), (std::set<uint32_t>{}));
  EXPECT_EQ(Scan(scanner, std::string_view("h\0e", 3)), (std::set<uint32_t>{}));
}

TEST(LiteralScannerTest, WithoutLiteralsFindsNothing) {
  const LiteralScanner scanner({});
  EXPECT_TRUE(scanner.empty());
  EXPECT_EQ(Scan(scanner, "anything"), (std::set<uint32_t>{}));
}

TEST(LiteralScannerTest, NeverMissesOne) {
  std::mt19937 random(4);
  const auto word = [&](size_t longest, int letters) {
    std::string text(1 + random() % longest, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % static_cast<unsigned>(letters));
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    // Few letters: much overlap; long ones: some are shortened in the table.
    const int letters = 2 + round % 3;
    std::vector<LiteralScanner::Entry> entries;
    for (uint32_t id = 0; id < 1 + random() % 40; ++id) entries.push_back({word(20, letters), id});
    const LiteralScanner scanner(entries);
    EXPECT_FALSE(scanner.empty());
    for (int i = 0; i < 50; ++i) {
      const std::string text = word(60, letters);
      const auto found = Scan(scanner, text);
      for (const auto& entry : entries) {
        const bool occurs = text.find(entry.literal) != std::string::npos;
        const bool begins = text.find(entry.literal.substr(0, 16)) != std::string::npos;
        ASSERT_TRUE(!occurs || found.contains(entry.id)) << entry.literal << " in " << text;
        ASSERT_TRUE(begins || !found.contains(entry.id)) << entry.literal << " in " << text;
      }
    }
  }
}

TEST(LiteralScannerTest, ManyLiteralsStillWork) {
  std::vector<LiteralScanner::Entry> entries;
  for (uint32_t id = 0; id < 5000; ++id) entries.push_back({std::to_string(id) + " of the rules", id});
  const LiteralScanner scanner(entries);
  EXPECT_TRUE(Scan(scanner, "this is 4711 of the rules").contains(4711));
}

}  // namespace
}  // namespace logmill
