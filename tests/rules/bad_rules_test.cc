// Every file in tests/data/rules/bad/ has one kind of mistake and says, in comments, all that `check` finds in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "rules/rule_file.h"

namespace logmill {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::string> Expectations(const std::string& text, const std::string& file) {
  constexpr std::string_view kMark = "# expect: ";
  std::vector<std::string> expected;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && line.starts_with(kMark);) {
    std::string finding = file;
    expected.push_back(finding.append(":").append(line.substr(kMark.size())));
  }
  return expected;
}

TEST(BadRules, EachMistakeIsFoundInItsPlaceAndNothingElse) {
  const std::filesystem::path folder = LOGMILL_SOURCE_DIR "/tests/data/rules/bad";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    const std::string text = ReadAll(entry.path());
    const auto expected = Expectations(text, file);
    ASSERT_FALSE(expected.empty()) << file;
    Diagnostics diagnostics;
    (void)LoadRules(text, file, diagnostics);
    std::vector<std::string> found;
    for (const Diagnostic& finding : diagnostics.entries()) found.push_back(Format(finding));
    EXPECT_EQ(found, expected) << file;
    ++files;
  }
  EXPECT_GT(files, 100);
}

}  // namespace
}  // namespace logmill
