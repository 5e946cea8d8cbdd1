#include "rules/literal_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "rules/literal_automaton.h"
#include "rules/teddy.h"

namespace logmill {
namespace {

using Entries = std::vector<LiteralEntry>;
using Ids = std::set<uint32_t>;

template <typename Scanner>
Ids Scan(const Scanner& scanner, std::string_view text) {
  // A copy of its own size, so that the address sanitizer sees a step past its end.
  const std::vector<char> copy(text.begin(), text.end());
  Ids found;
  scanner.Scan(std::string_view(copy.data(), copy.size()), [&](uint32_t id) { found.insert(id); });
  return found;
}

Ids ScanNaively(const Entries& entries, std::string_view text) {
  Ids found;
  for (const auto& entry : entries) {
    if (text.find(entry.literal) != text.npos) found.insert(entry.id);
  }
  return found;
}

// All that this processor can do.
std::vector<Teddy> Teddies(const Entries& entries) {
  std::vector<Teddy> teddies;
  for (const auto processor : {Teddy::Processor::kSsse3, Teddy::Processor::kAvx2}) {
    if (processor <= Teddy::ThisProcessor()) teddies.emplace_back(entries, processor);
  }
  return teddies;
}

// Every way to look for the same literals, and what they have to agree on.
class Ways {
 public:
  explicit Ways(Entries entries) : entries_(std::move(entries)), teddies_(Teddies(entries_)), automaton_(entries_), scanner_(entries_) {}

  void ExpectAgreement(std::string_view text) const {
    const Ids expected = ScanNaively(entries_, text);
    for (const Teddy& teddy : teddies_) EXPECT_EQ(Scan(teddy, text), expected) << text;
    for (const Ids& found : {Scan(automaton_, text), Scan(scanner_, text)}) {
      EXPECT_TRUE(std::includes(found.begin(), found.end(), expected.begin(), expected.end())) << text;
    }
    EXPECT_TRUE(std::ranges::all_of(Scan(automaton_, text), [&](uint32_t id) { return Begins(id, text); })) << text;
  }

 private:
  // The automaton may have shortened a literal, never to less than these.
  bool Begins(uint32_t id, std::string_view text) const {
    return std::ranges::any_of(entries_, [&](const auto& e) { return e.id == id && text.find(e.literal.substr(0, 4)) != text.npos; });
  }

  Entries entries_;
  std::vector<Teddy> teddies_;
  LiteralAutomaton automaton_;
  LiteralScanner scanner_;
};

class RandomTexts {
 public:
  size_t Below(size_t limit) { return random_() % limit; }
  // Of the first `letters` bytes from `first` on.
  std::string Text(size_t size, size_t letters, char first) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>(static_cast<unsigned char>(first) + Below(letters));
    return text;
  }

 private:
  std::mt19937 random_{4};
};

TEST(LiteralScannerTest, FindsLiteralsThatOverlap) {
  const LiteralScanner scanner({{"he", 0}, {"she", 1}, {"hers", 2}, {"his", 3}, {"rs", 4}});
  EXPECT_FALSE(scanner.empty());
  EXPECT_EQ(Scan(scanner, "ushers"), (Ids{0, 1, 2, 4}));
  EXPECT_EQ(Scan(scanner, "this"), (Ids{3}));
  EXPECT_EQ(Scan(scanner, ""), (Ids{}));
  EXPECT_EQ(Scan(scanner, std::string_view("h\0e", 3)), (Ids{}));
}

TEST(LiteralScannerTest, WithoutLiteralsFindsNothing) {
  const LiteralScanner scanner({});
  EXPECT_TRUE(scanner.empty());
  EXPECT_EQ(Scan(scanner, "anything"), (Ids{}));
}

TEST(LiteralScannerTest, OneLiteralMayHaveManyIdsAndOneIdManyLiterals) {
  const LiteralScanner scanner({{"timeout", 0}, {"timeout", 1}, {"refused", 1}});
  EXPECT_EQ(Scan(scanner, "connection timeout"), (Ids{0, 1}));
  EXPECT_EQ(Scan(scanner, "connection refused"), (Ids{1}));
}

// Few letters: much overlap. Texts of every length around one, two and three blocks.
TEST(LiteralScannerTest, AllWaysAgree) {
  RandomTexts random;
  for (size_t round = 0; round < 150; ++round) {
    const size_t letters = 2 + round % 3;
    const char first = round % 2 == 0 ? 'a' : '\xEE';
    Entries entries;
    const auto count = static_cast<uint32_t>(1 + random.Below(40));
    for (uint32_t id = 0; id < count; ++id) entries.push_back({random.Text(1 + random.Below(20), letters, first), id});
    const Ways ways(entries);
    for (size_t size = 0; size <= 100; ++size) ways.ExpectAgreement(random.Text(size, letters, first));
    if (HasFailure()) break;
  }
}

TEST(LiteralScannerTest, AllWaysAgreeWhereverALiteralStands) {
  const Entries entries{{"!", 0},
                        {"#?", 1},
                        {"(*)", 2},
                        {"took", 3},
                        {"sqlstate ", 4},
                        {"terminating connection due to administrator", 5},
                        {std::string("\0\0", 2), 6},
                        {"\xFF\xFE", 7},
                        {"\xC3\xA4rger", 8}};
  const Ways ways(entries);
  for (const auto& entry : entries) {
    for (size_t size = entry.literal.size(); size <= 100; ++size) {
      for (size_t at = 0; at + entry.literal.size() <= size; ++at) {
        std::string text(size, '.');
        ways.ExpectAgreement(text.replace(at, entry.literal.size(), entry.literal));
        text.erase(at + entry.literal.size() - 1);  // all but its last byte, at the end
        ways.ExpectAgreement(text);
      }
    }
    if (HasFailure()) break;
  }
}

TEST(LiteralScannerTest, AllWaysAgreeOnThousandsOfLiterals) {
  RandomTexts random;
  Entries entries;
  for (uint32_t id = 0; id < 3000; ++id) entries.push_back({std::to_string(id) + " of the rules", id});
  const Ways ways(entries);
  for (size_t round = 0; round < 20; ++round) {
    std::string text = random.Text(random.Below(100), 26, 'a');
    ways.ExpectAgreement(text.insert(random.Below(text.size() + 1), std::to_string(random.Below(4000)) + " of the rules"));
  }
}

// Two ways, chosen by what they cost: otherwise one of them would never be used.
TEST(TeddyTest, ExpectsLittleWorkOfFewLiteralsAndMuchOfMany) {
  if (Teddy::ThisProcessor() == Teddy::Processor::kNone) GTEST_SKIP();
  RandomTexts random;
  Entries entries{{"deadlock detected in ", 0}, {"permission denied for ", 1}, {"CUDA error ", 2}};
  EXPECT_LT(Teddy(entries, Teddy::ThisProcessor()).expected_comparisons(), 0.01);
  for (uint32_t id = 3; id < 2000; ++id) entries.push_back({random.Text(6, 26, 'a'), id});
  EXPECT_GT(Teddy(entries, Teddy::ThisProcessor()).expected_comparisons(), 1);
}

}  // namespace
}  // namespace logmill
