#include "collectors/page_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "tests/collectors/shown_page.h"

namespace logmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using testing::Read;
using testing::Shown;

FilteredPage Filter(std::string_view page, PageFilterOptions options) { return PageFilter(std::move(options)).Apply(Read(page).families); }

std::set<std::string> NamesOf(const FilteredPage& page) {
  std::set<std::string> names;
  for (const auto& family : page.families) names.insert(family.name);
  return names;
}

std::string Gallery() {
  std::ifstream file(LOGMILL_SOURCE_DIR "/tests/data/page/gallery_api.prom", std::ios::binary);
  EXPECT_TRUE(file.is_open());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

GroupSet Only(Group group) { return GroupSet().set(IndexOf(group)); }

constexpr char kMixedPage[] =
    "immich_album_user_repository_create_duration 1\nimmich_queues_ocr_active 1\nimmich_jobs_ocr_success_total 1\n"
    "immich_users_total 1\nhttp_server_duration 1\nsystem_cpu_utilization 1\nprocess_memory_usage 1\nnodejs_eventloop_utilization 1\n"
    "v8js_memory_heap_used 1\nimmich_ml_active_requests 1\ntarget_info 1\nsomething_new 1\n";

TEST(PageFilter, SortsGallerysFamiliesIntoGroups) {
  EXPECT_THAT(NamesOf(Filter(kMixedPage, {.groups = Only(Group::kRepo)})),
              ElementsAre("immich_album_user_repository_create_duration", "immich_ml_active_requests"));
  EXPECT_THAT(NamesOf(Filter(kMixedPage, {.groups = Only(Group::kJob)})),
              ElementsAre("immich_jobs_ocr_success_total", "immich_ml_active_requests", "immich_queues_ocr_active"));
  EXPECT_THAT(NamesOf(Filter(kMixedPage, {.groups = Only(Group::kHost)})),
              ElementsAre("immich_ml_active_requests", "nodejs_eventloop_utilization", "process_memory_usage", "system_cpu_utilization",
                          "v8js_memory_heap_used"));
  const FilteredPage api = Filter(kMixedPage, {.groups = Only(Group::kApi)});
  EXPECT_THAT(NamesOf(api), ElementsAre("http_server_duration", "immich_ml_active_requests", "immich_users_total", "something_new"));
  EXPECT_EQ(api.off, 7u);
  EXPECT_EQ(api.dropped, 1u);
}

TEST(PageFilter, OnThePageOfAServerEveryNameFindsItsGroup) {
  const FilteredPage api = Filter(Gallery(), {.groups = Only(Group::kApi)});
  EXPECT_THAT(Shown(api.families), Not(HasSubstr("repository")));
  EXPECT_THAT(Shown(api.families), Not(HasSubstr("target_info")));
  EXPECT_THAT(Shown(api.families), HasSubstr("\nimmich_users_total{otel_scope_name=\"nestjs-otel\"} "));
  const FilteredPage all = Filter(Gallery(), {});
  EXPECT_EQ(all.dropped, 1u);
  EXPECT_EQ(all.off + all.merged + all.over, 0u);
  EXPECT_THAT(all.Notices(), IsEmpty());
}

TEST(PageFilter, TheFirstPatternDecides) {
  const std::vector<GroupPattern> patterns{{"a_b*", Group::kIo}, {"a_*", Group::kApp}, {"c", std::nullopt}};
  EXPECT_THAT(NamesOf(Filter("a_b 1\na_c 1\nc 1\nd 1\n", {.groups = Only(Group::kApp), .patterns = patterns})),
              ElementsAre("a_c", "c", "d"));
}

TEST(PageFilter, KeepsAndDropsByName) {
  EXPECT_THAT(NamesOf(Filter("a_1 1\na_2 1\nb 1\n", {.keep = {"a_*"}, .drop = {"*_2"}})), ElementsAre("a_1"));
  EXPECT_THAT(NamesOf(Filter("target_info 1\n", {.drop = {}})), ElementsAre("target_info"));
}

TEST(PageFilter, LabelsComeThroughUnchangedUnlessTheyAreDropped) {
  const std::string page = "# TYPE a gauge\na{z=\"1\",otel_scope_name=\"x\",otel_scope_version=\"2\",b=\"3\"} 1\n";
  EXPECT_EQ(Shown(Filter(page, {}).families), page);
  EXPECT_EQ(Shown(Filter(page, {.drop_labels = {"otel_scope_*"}}).families), "# TYPE a gauge\na{z=\"1\",b=\"3\"} 1\n");
}

TEST(PageFilter, AddsUpWhatBecomesEqual) {
  PageFilterOptions options;
  options.normalisers["path"] = [](std::string_view path) { return path.starts_with("/raw") ? std::string("/:id") : std::string(path); };
  const FilteredPage page = Filter(
      "# TYPE c counter\nc{path=\"/raw/1\"} 1\nc{path=\"/a\"} 5\nc{path=\"/raw/2\"} 2\n"
      "# TYPE g gauge\ng{path=\"/raw/1\"} 1.5\ng{path=\"/raw/2\"} 2\n"
      "u{path=\"/raw/1\"} 1\nu{path=\"/raw/2\"} 2\n"
      "# TYPE h histogram\nh_bucket{path=\"/raw/1\",le=\"1\"} 1\nh_bucket{path=\"/raw/1\",le=\"2\"} 2\nh_sum{path=\"/raw/1\"} 4\n"
      "h_count{path=\"/raw/1\"} 3\nh_bucket{path=\"/raw/2\",le=\"2\"} 4\nh_bucket{path=\"/raw/2\",le=\"3\"} 5\nh_sum{path=\"/raw/2\"} 9\n"
      "h_count{path=\"/raw/2\"} 6\n"
      "# TYPE s summary\ns{path=\"/raw/1\",quantile=\"0.5\"} 1\ns_sum{path=\"/raw/1\"} 1\ns_count{path=\"/raw/1\"} 1\n"
      "s_sum{path=\"/raw/2\"} 2\ns_count{path=\"/raw/2\"} 3\n",
      options);
  EXPECT_EQ(page.merged, 5u);
  EXPECT_EQ(Shown(page.families),
            "# TYPE c counter\nc{path=\"/:id\"} 3\nc{path=\"/a\"} 5\n"
            "# TYPE g gauge\ng{path=\"/:id\"} 3.5\n"
            "# TYPE h histogram\nh_bucket{path=\"/:id\",le=\"2\"} 6\nh_bucket{path=\"/:id\",le=\"+Inf\"} 9\nh_sum{path=\"/:id\"} 13\n"
            "h_count{path=\"/:id\"} 9\n"
            "# TYPE s summary\ns_sum{path=\"/:id\"} 3\ns_count{path=\"/:id\"} 4\n"
            "# TYPE u untyped\nu{path=\"/:id\"} 3\n");
}

TEST(PageFilter, CountsThatAreTooLargeStayTheLargest) {
  const FilteredPage page = Filter(
      "# TYPE h histogram\nh_bucket{x=\"1\",le=\"1\"} 18446744073709551614\nh_count{x=\"1\"} 18446744073709551615\nh_sum{x=\"1\"} 1\n"
      "h_bucket{x=\"2\",le=\"1\"} 1\nh_count{x=\"2\"} 7\nh_sum{x=\"2\"} 1\n",
      {.drop_labels = {"x"}});
  EXPECT_EQ(Shown(page.families),
            "# TYPE h histogram\nh_bucket{le=\"1\"} 18446744073709551615\nh_bucket{le=\"+Inf\"} 18446744073709551615\nh_sum 2\n"
            "h_count 18446744073709551615\n");
}

TEST(PageFilter, ReplacesPrivateValues) {
  PageFilterOptions options;
  options.guard = [](std::string_view label, std::string_view value) {
    EXPECT_NE(label, "path");
    EXPECT_NE(label, "user_id");
    return value.find('@') == std::string_view::npos ? "" : "email";
  };
  options.normalisers["path"] = [](std::string_view value) { return "/" + std::string(value.substr(0, 1)); };
  const FilteredPage page = Filter(
      "a{who=\"a@b.org\",path=\"x@y\"} 1\na{who=\"c@d.org\",path=\"x\"} 2\na{who=\"me\"} 4\n"
      "b{user_id=\"0F0E0D0C-0b0a-0908-0706-050403020100\"} 1\nb{user_id=\"Ann\"} 2\nb{user_id=\"0F0E0D0C-0b0a-0908-0706-05040302010\"} 3\n",
      options);
  EXPECT_EQ(Shown(page.families),
            "# TYPE a untyped\na{who=\"me\"} 4\na{who=\"other\",path=\"/x\"} 3\n"
            "# TYPE b untyped\nb{user_id=\"0F0E0D0C-0b0a-0908-0706-050403020100\"} 1\nb{user_id=\"other\"} 5\n");
  EXPECT_THAT(page.replaced, ElementsAre(Pair("email", 2u), Pair("not_a_user_id", 2u)));
  EXPECT_THAT(page.Notices(), ElementsAre("label values that may not be shown (email) are replaced by \"other\"",
                                          "label values that may not be shown (not_a_user_id) are replaced by \"other\""));
}

TEST(PageFilter, WhatANormaliserGivesIsMadeFit) {
  PageFilterOptions options;
  options.normalisers["a"] = [](std::string_view) { return std::string(3000, 'x') + "\xFF"; };
  options.normalisers["b"] = [](std::string_view) { return std::string("\xFF"); };
  options.normalisers["c"] = [](std::string_view) { return std::string(); };
  EXPECT_EQ(Shown(Filter("m{a=\"1\",b=\"2\",c=\"3\"} 1\n", options).families),
            "# TYPE m untyped\nm{a=\"" + std::string(1024, 'x') + "\",b=\"\uFFFD\"} 1\n");
}

TEST(PageFilter, WhatExplodesDoesNotCostTheOthers) {
  std::string text = "a 1\n";
  for (int i = 0; i < 9; ++i) text += "b{i=\"" + std::to_string(i) + "\"} 1\n";
  for (int i = 0; i < 3; ++i) text += "c{i=\"" + std::to_string(i) + "\"} 1\n";
  for (int i = 0; i < 9; ++i) text += "d{i=\"" + std::to_string(i) + "\"} 1\n";
  const auto sizes = [&](size_t max_series) {
    const FilteredPage page = Filter(text, {.max_series = max_series});
    std::vector<std::pair<std::string, size_t>> sizes;
    size_t shown = 0;
    for (const auto& family : page.families) {
      sizes.emplace_back(family.name, family.metric.size());
      shown += family.metric.size();
    }
    EXPECT_EQ(shown + page.over, 22u);
    EXPECT_EQ(page.Notices().empty(), page.over == 0);
    return sizes;
  };
  EXPECT_THAT(sizes(22), ElementsAre(Pair("a", 1u), Pair("b", 9u), Pair("c", 3u), Pair("d", 9u)));
  EXPECT_THAT(sizes(15), ElementsAre(Pair("a", 1u), Pair("b", 6u), Pair("c", 3u), Pair("d", 5u)));
  EXPECT_THAT(sizes(7), ElementsAre(Pair("a", 1u), Pair("b", 2u), Pair("c", 2u), Pair("d", 2u)));
  EXPECT_THAT(sizes(2), ElementsAre(Pair("a", 1u), Pair("b", 1u)));
  EXPECT_THAT(sizes(0), IsEmpty());
}

}  // namespace
}  // namespace logmill
