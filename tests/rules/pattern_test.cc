// The fast ways must agree with RE2 on every text: rules' own regexes on texts made to nearly match, and random regexes on random texts.
#include "rules/pattern.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "rules/regex_ast.h"

namespace logmill {
namespace {

using Captures = std::vector<std::string_view>;

void ExpectSameAsRe2(const Pattern& pattern, const std::string& regex, const std::string& text) {
  Captures fast(pattern.groups());
  Captures slow(pattern.groups());
  const bool fast_matches = pattern.Match(text, true, fast);
  ASSERT_EQ(fast_matches, pattern.MatchByRe2(text, slow)) << "regex " << regex << " on " << text;
  if (!fast_matches) return;
  for (size_t i = 0; i < fast.size(); ++i) {
    ASSERT_EQ(fast[i], slow[i]) << "group " << i + 1 << " of " << regex << " on " << text;
    if (!fast[i].empty()) {
      ASSERT_EQ(fast[i].data(), slow[i].data()) << "group " << i + 1 << " of " << regex << " on " << text;
    }
  }
}

// Texts near the border of matching: the given one with bytes removed, doubled, replaced and cut.
std::string Mutate(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes = "aZ09 .,:-_/()[]\"\n\tmsGET";
  const int edits = static_cast<int>(random() % 4);
  for (int i = 0; i < edits; ++i) {
    if (text.empty()) return text;
    const size_t at = random() % text.size();
    switch (random() % 5) {
      case 0:
        text.erase(at, 1);
        break;
      case 1:
        text.insert(at, 1, text[at]);
        break;
      case 2:
        text[at] = kBytes[random() % kBytes.size()];
        break;
      case 3:
        text.resize(at);
        break;
      default:
        text.insert(at, "\xC3\xA9");
        break;
    }
  }
  // Only valid UTF-8 may reach the fast way.
  std::string valid;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80)
      valid += text[i++];
    else if (lead == 0xC3 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) == 0xA9)
      valid.append(text, i, 2), i += 2;
    else
      ++i;
  }
  return valid;
}

struct Example {
  const char* regex;
  const char* text;
  bool linear;
};

// What rules are made of.
constexpr Example kExamples[] = {
    {R"(^(?P<method>[A-Z]+) (?P<url>\S+) (?P<status>\d{3}) (?P<ms>[\d.]+)ms)", "GET /api/users/me 200 10.07ms 127.0.0.1", true},
    {R"(^(GET|POST|PUT|DELETE|PATCH) (\S+) (\d+) (\d+\.\d+)ms)", "POST /api/assets 201 3.5ms", true},
    {R"(^Unable to run job handler \((?P<job>[A-Za-z]+)\): (?P<error>\w+))", "Unable to run job handler (SmartSearch): Error: x", true},
    {R"(Detected (\d+) new faces in asset)", "x Detected 12 new faces in asset 1", true},
    {R"(took (\d+(?:\.\d+)?)(ms|s)$)", "query took 12.5ms", true},
    {R"(took (\d+\.?\d*)ms)", "it took 12.75ms", true},
    {R"(took (\d+(?:\.\d+)?))", "it took 12.", true},
    {R"(Query took (\d+)ms: (.*))", "Query took 5ms: select 1", true},
    {R"(user=(\w*) id=(\d{2,4})-)", "user= id=123-", true},
    {R"(level=(\w+)(?: code=(\d+))? end)", "level=warn code=12 end", false},
    {R"(a+b)", "aaab", false},
    {R"([a-z]+ failed)", "job failed", false},
    {R"(x(.*)y(.*)z)", "x1y2yz", false},
    {R"((?i)error)", "ERROR", false},
    {R"((?mi)^error)", "line\nERROR", false},
    {R"((?m)^Error: (\w+)$)", "line\nError: x\nline", false},
    {R"((?s)^Error: (.*) end$)", "Error: x\ny end", false},
    {R"((?ms:^Error))", "line\nError", false},
    {R"(\bfoo\b)", "a foo b", false},
    {R"(^.*$)", "anything", true},
    {R"(foo|bar)", "a bar", false},
    {R"(q(\d+?)x)", "q12x", true},
    {R"(q(\d+?))", "q12", false},
    {R"((\S+)@x)", "a@x", false},
    {R"(price [€$]5)", "price $5", false},
    {R"(é+!)", "éé!", false},
    {R"(é([^é]*)é)", "é abc é", false},
    {R"(dots\.\.\. (\d{3}))", "dots... 123", true},
    {R"(\Aabc(\s*)\z)", "abc  ", true},
    {R"(exited \((\d+)\))", "gzip exited (0)", true},
    {R"(a{2}b)", "aab", false},
    {R"(x{2,}y)", "xxxy", false},
    {R"(Query failed : {)", "Query failed : {", true},
    {R"([]a]+x)", "]ax", false},
    {R"(v([\w.-]+)\])", "v1.2-rc]", true},
    {R"(()abc)", "abc", false},
    {R"(level=(\w+)(?:;code=(\d+))? end)", "level=warn;code=12 end", true},
};

TEST(PatternTest, AgreesWithRe2OnWhatRulesAreMadeOf) {
  std::mt19937 random(1);
  for (const Example& example : kExamples) {
    const Pattern pattern(example.regex);
    Captures captures(pattern.groups());
    EXPECT_TRUE(pattern.Match(example.text, true, captures)) << example.regex;
    for (int i = 0; i < 3000; ++i) ExpectSameAsRe2(pattern, example.regex, Mutate(example.text, random));
  }
}

TEST(PatternTest, TakesTheLinearWayWhereItIsSafe) {
  for (const Example& example : kExamples) EXPECT_EQ(Pattern(example.regex).linear(), example.linear) << example.regex;
}

// Small random regexes, from pieces that make trouble together.
std::string RandomRegex(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"a",         "b",       "ab",     "ms",           " ",           "\\d",    "\\d+",
                                                   "\\d*",      "\\w+",    "\\S+",   "[ab]",         "[ab]*",       "[^b]+",  "[^ ]*",
                                                   "(a|bc)",    "(\\d+)",  "(\\w*)", "(\\S+)",       ".",           ".*",     "(.*)",
                                                   "\\.?",      "a?",      "(?:b)?", "(?:\\.\\d+)?", "(?:a(\\d))?", "\\d{2}", "[a-b]{1,2}",
                                                   "(?:ab|cd)", "(\\d+?)", "b+?",    "\\s",          "(\\s*)",      "é",      "[^a]"};
  std::string regex = std::array{"", "", "", "(?m)", "(?s)", "(?sm)"}[random() % 6];
  if (random() % 3 == 0) regex += "^";
  const size_t pieces = 1 + random() % 6;
  for (size_t i = 0; i < pieces; ++i) regex += kPieces[random() % kPieces.size()];
  if (random() % 4 == 0) regex += "$";
  return regex;
}

std::string RandomText(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"a", "b", "ab", "c", "d", "1", "23", ".", " ", "ms", "é", "\n", "_", "cd"};
  std::string text;
  const size_t pieces = random() % 12;
  for (size_t i = 0; i < pieces; ++i) text += kPieces[random() % kPieces.size()];
  return text;
}

TEST(PatternTest, AgreesWithRe2OnRandomRegexes) {
  std::mt19937 random(2);
  int linear = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::string regex = RandomRegex(random);
    const Pattern pattern(regex);
    linear += pattern.linear() ? 1 : 0;
    for (int j = 0; j < 40; ++j) {
      const std::string text = RandomText(random);
      ExpectSameAsRe2(pattern, regex, text);
      if (HasFatalFailure()) return;
      const auto& literals = pattern.literals();
      Captures captures(pattern.groups());
      if (!pattern.MatchByRe2(text, captures)) continue;
      if (pattern.start()) {
        ASSERT_TRUE(!text.empty() && pattern.start()->first.test(static_cast<uint8_t>(text[0]))) << regex << " on " << text;
        ASSERT_TRUE(text.starts_with(pattern.start()->prefix)) << regex << " on " << text;
      }
      if (literals.empty()) continue;
      bool found = false;
      for (const std::string& literal : literals) found = found || text.find(literal) != std::string::npos;
      ASSERT_TRUE(found) << "a match of " << regex << " without a required literal: " << text;
    }
  }
  EXPECT_GT(linear, 600) << "too few of the regexes take the fast way for the test to mean much";
}

TEST(PatternTest, InvalidUtf8IsLeftToRe2) {
  const Pattern pattern(R"(^a(\S+) b)");
  ASSERT_TRUE(pattern.linear());
  Captures captures(1);
  EXPECT_FALSE(pattern.Match("a\xFF b", false, captures));
  EXPECT_TRUE(pattern.Match("a\xC3\xA9 b", false, captures));
}

TEST(PatternTest, ManyFalseStartsStayLinear) {
  const Pattern pattern(R"(ab(\w+) x)");
  ASSERT_TRUE(pattern.linear());
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "ab";
  Captures captures(1);
  EXPECT_FALSE(pattern.Match(text, true, captures));
  text += " x";
  EXPECT_TRUE(pattern.Match(text, true, captures));
}

TEST(AnchoredStartTest, KnowsHowAMatchBegins) {
  const auto start = [](const char* regex) { return AnchoredStart(*ParseRegex(regex)); };
  EXPECT_EQ(start("^Query took")->prefix, "Query took");
  EXPECT_EQ(start("^(?:a|b)c")->first.count(), 2U);
  EXPECT_EQ(start("^a?b")->first.count(), 2U);
  EXPECT_EQ(start("^[A-Z]+ ")->first.count(), 26U);
  EXPECT_FALSE(start("^a*"));
  EXPECT_FALSE(start("^$"));
  EXPECT_FALSE(start("abc"));
  EXPECT_FALSE(start("^a|b"));
}

TEST(RequiredLiteralsTest, FindsTheLongestCertainText) {
  const auto literals = [](const char* regex) { return RequiredLiterals(*ParseRegex(regex)); };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(literals(R"(^Unable to run job handler \((\w+)\))"), Texts{"Unable to run job handler ("});
  EXPECT_EQ(literals(R"((\w+) failed after (\d+)ms)"), Texts{" failed after "});
  EXPECT_EQ(literals("connect to (ECONNREFUSED|ETIMEDOUT)"), Texts{"connect to "});
  EXPECT_EQ(literals("ECONNREFUSED|ETIMEDOUT"), (Texts{"ECONNREFUSED", "ETIMEDOUT"}));
  EXPECT_EQ(literals("(?:foo)?bar"), Texts{"bar"});
  EXPECT_EQ(literals("(?:foo)+"), Texts{"foo"});
  EXPECT_EQ(literals(R"(\d+x)"), Texts{});
  EXPECT_EQ(literals("foo|"), Texts{});
  EXPECT_EQ(literals("(?m)^Error: (\\w+)$"), Texts{"Error: "});
}

}  // namespace
}  // namespace logmill
