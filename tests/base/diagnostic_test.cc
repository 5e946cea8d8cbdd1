#include "base/diagnostic.h"

#include <gtest/gtest.h>

namespace logmill {
namespace {

TEST(DiagnosticTest, IsFormattedAsPlaceAndMessage) {
  Diagnostics diagnostics;
  diagnostics.Error({"rules.yaml", 12, 7}, "no capture named \"x\"");
  diagnostics.Warning({"rules.yaml", 12, 7}, "odd");
  diagnostics.Error({"rules.yaml", 0, 0}, "cannot be read");
  diagnostics.Error({}, "no");
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.entries()) text += Format(diagnostic) + "\n";
  EXPECT_EQ(text, "rules.yaml:12:7: no capture named \"x\"\nrules.yaml:12:7: warning: odd\nrules.yaml: cannot be read\nno\n");
}

TEST(DiagnosticsTest, CountsErrorsAndSortsByPlace) {
  Diagnostics diagnostics;
  diagnostics.Warning({"b", 1, 1}, "first");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.Error({"a", 9, 1}, "second");
  diagnostics.Error({"a", 2, 5}, "third");
  diagnostics.Error({"a", 2, 4}, "fourth");
  EXPECT_EQ(diagnostics.error_count(), 3U);
  diagnostics.Sort();
  std::string order;
  for (const Diagnostic& entry : diagnostics.entries()) order += entry.message + " ";
  EXPECT_EQ(order, "fourth third second first ");
}

TEST(NearestNameTest, FindsTyposAndNothingElse) {
  EXPECT_EQ(NearestName("conter", {"counter", "gauge"}), "counter");
  EXPECT_EQ(NearestName("labls", {"labels", "value"}), "labels");
  EXPECT_EQ(NearestName("colour", {"counter", "gauge"}), "");
  EXPECT_EQ(NearestName("", {"counter"}), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'x'), {"counter"}), "");
}

}  // namespace
}  // namespace logmill
