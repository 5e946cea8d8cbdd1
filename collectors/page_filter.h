// Which families of a page that was read elsewhere are shown, and with which labels.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/telemetry.h"

namespace logmill {

// Families whose name matches `pattern` (name_pattern.h) belong to `group`, or to none: then they are shown whatever groups are on.
struct GroupPattern {
  std::string pattern;
  std::optional<Group> group;
};

// Gallery's: repository calls → repo, queues and jobs → job, system_*, process_*, nodejs_*, v8js_* → host, immich_ml_* → none, the rest →
// api.
std::vector<GroupPattern> GalleryGroups();

struct PageFilterOptions {
  GroupSet groups = kAllGroups;                          // that are on
  std::vector<GroupPattern> patterns = GalleryGroups();  // the first that matches decides; a name that none matches is in no group
  std::vector<std::string> keep{};                       // patterns of names; not empty: all other families are left out
  // Patterns of names, stronger than `keep`. OpenTelemetry's target_info holds the command line, host name and user of a process.
  std::vector<std::string> drop{"target_info"};
  std::vector<std::string> drop_labels{};  // patterns of label names; other labels come through unchanged

  // By label name: makes a value one of few harmless ones (raw paths → routes). An empty result takes the label away.
  std::map<std::string, std::function<std::string(std::string_view value)>, std::less<>> normalisers{};
  // For all labels without a normaliser: "" when the value may be shown, else the name of what it gives away ("email"); "other" takes its
  // place. May be empty. `user_id` takes UUIDs only, with or without a guard ("not_a_user_id").
  std::function<std::string_view(std::string_view label, std::string_view value)> guard{};

  // Label sets shown, of all families together. When there are more, the largest families are cut to one common size: what explodes does
  // not cost the others. The first of a family stay.
  size_t max_series = 10'000;
};

struct FilteredPage {
  std::vector<prometheus::MetricFamily> families;
  uint64_t off = 0;                                       // families left out: of a group that is off
  uint64_t dropped = 0;                                   // families left out by `keep` and `drop`
  uint64_t merged = 0;                                    // series that became equal to another one and were added to it
  uint64_t over = 0;                                      // series beyond max_series
  std::map<std::string, uint64_t, std::less<>> replaced;  // label values replaced, by what they give away

  // A sentence for each thing that people should know of, without numbers and values.
  [[nodiscard]] std::vector<std::string> Notices() const;
};

// Immutable; any thread, as far as the functions in the options allow.
class PageFilter {
 public:
  explicit PageFilter(PageFilterOptions options);

  // Takes sound families (page_parser.h) and gives sound ones. Series whose labels become equal are added up, so totals stay
  // right (series_sum.h); gauges, too: one with a path in its labels is an amount, like requests in flight.
  [[nodiscard]] FilteredPage Apply(std::vector<prometheus::MetricFamily> families) const;

 private:
  [[nodiscard]] bool IsOn(std::string_view name) const;
  [[nodiscard]] bool IsKept(std::string_view name) const;

  const PageFilterOptions options_;
};

}  // namespace logmill
