#include "rules/route.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace logmill {
namespace {

std::string RouteOf(std::string_view url) {
  std::string out;
  AppendRoute(url, &out);
  return out;
}

struct Case {
  const char* url;
  const char* route;
};

TEST(Route, KeepsTheRoutesOfTheApplication) {
  for (const char* route : {"/api/assets",
                            "/api/users/me",
                            "/api/users/me/preferences",
                            "/api/auth/admin-sign-up",
                            "/api/auth/validateToken",
                            "/api/auth/pin-code",
                            "/api/admin/users",
                            "/api/system-metadata/reverse-geocoding-state",
                            "/api/jobs/petDetection",
                            "/api/jobs/storageTemplateMigration",
                            "/api/jobs/ocr",
                            "/api/map/reverse-geocode",
                            "/api/shared-spaces",
                            "/api/server/version-check",
                            "/api/search/large-assets",
                            "/.well-known/immich",
                            "/api/oauth2/authorize",
                            "/api/v1/query_range",
                            "/api/trash/restore/assets",
                            "/_search",
                            "/api/tags/updateMe"}) {
    EXPECT_EQ(RouteOf(route), route);
  }
}

TEST(Route, ReplacesWhatIsNoPlainWord) {
  const Case cases[] = {
      {"/api/assets/1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab/thumbnail?size=preview", "/api/assets/:id/thumbnail"},
      {"/api/assets/aaaaaaaa-aaaa-4aaa-aaaa-aaaaaaaaaaaa", "/api/assets/:id"},
      {"/api/assets/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/api/assets/:id"},
      {"/api/assets/01arz3ndektsv4rrffq69g5fav", "/api/assets/:id"},
      {"/api/assets/507f1f77bcf86cd799439011", "/api/assets/:id"},
      {"/api/assets/deadbee1", "/api/assets/:id"},
      {"/api/assets/facade", "/api/assets/facade"},
      {"/api/assets/42", "/api/assets/:id"},
      {"/api/assets/-42", "/api/assets/:id"},
      {"/api/assets/2024-12-31", "/api/assets/:id"},
      {"/api/assets/album-12", "/api/assets/:id"},
      {"/api/assets/x9y8z7", "/api/assets/:id"},
      {"/api/users/alice@example.com", "/api/users/:id"},
      {"/api/users/alice%40example.com", "/api/users/:id"},
      {"/api/users/J%C3%B6rg", "/api/users/:id"},
      {"/api/users/Jörg", "/api/users/:id"},
      {"/api/users/Anna", "/api/users/:id"},
      {"/api/users/~anna", "/api/users/:id"},
      {"/custom.css", "/:id"},
      {"/upload/IMG_1234.JPG", "/upload/:id"},
      {"/share/dQw4w9WgXcQ", "/share/:id"},
      {"/share/kdJsLqPwAb", "/share/:id"},
      {"/share/abcdE", "/share/:id"},
      {"/api/:name/*", "/api/:id/:id"},
      {"/x;jsessionid=1/y", "/:id/y"},
      {"/a b/c", "/:id/c"},
      {"/../etc/passwd", "/:id/etc/passwd"},
      {"/api/%E0%A4%A", "/api/:id"},
  };
  for (const Case& c : cases) EXPECT_EQ(RouteOf(c.url), c.route) << c.url;
}

TEST(Route, LongSegmentsAndLongPathsAreBounded) {
  EXPECT_EQ(RouteOf("/" + std::string(32, 'a')), "/" + std::string(32, 'a'));
  EXPECT_EQ(RouteOf("/" + std::string(33, 'a')), "/:id");
  EXPECT_EQ(RouteOf("/a/b/c/d/e/f/g/h"), "/a/b/c/d/e/f/g/h");
  EXPECT_EQ(RouteOf("/a/b/c/d/e/f/g/h/i/j"), "/a/b/c/d/e/f/g/h/...");
  EXPECT_EQ(RouteOf("/a/b/c/d/e/f/g/h/"), "/a/b/c/d/e/f/g/h");
}

TEST(Route, DropsEverythingButThePath) {
  const Case cases[] = {
      {"https://alice:secret@photos.example.org:8443/api/albums?x=1#top", "/api/albums"},
      {"http://photos.example.org", "/"},
      {"http://photos.example.org?q=1", "/"},
      {"/redirect?to=http://evil/", "/redirect"},
      {"/redirect/http://evil/", "/redirect/:id/evil"},
      {"api/albums", "/api/albums"},
      {"//api///albums/", "/api/albums"},
      {"/", "/"},
      {"?q=alice", "/"},
      {"", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(RouteOf(c.url), c.route) << c.url;
}

TEST(Route, AppendsAndLeavesWhatIsThere) {
  std::string out = "GET ";
  AppendRoute("/api", &out);
  EXPECT_EQ(out, "GET /api");
}

TEST(Route, TheRouteOfARouteIsItselfAndBounded) {
  std::mt19937 random(1);
  const std::string_view alphabet = "ab1E/:.-_?#%@/ \xC3z";
  for (int i = 0; i < 20'000; ++i) {
    std::string url;
    for (size_t size = random() % 60; url.size() < size;) url += alphabet[random() % alphabet.size()];
    const std::string route = RouteOf(url);
    EXPECT_EQ(RouteOf(route), route) << url;
    EXPECT_LE(route.size(), 8 * 33u + 4) << url;
    EXPECT_EQ(route.find_first_of("?#@% "), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace logmill
