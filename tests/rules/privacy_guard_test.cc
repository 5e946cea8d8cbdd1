#include "rules/privacy_guard.h"

#include <gtest/gtest.h>

#include <string>

#include "metrics/family.h"

namespace logmill {
namespace {

TEST(PrivacyGuard, RecognisesPersonalData) {
  struct Case {
    std::string_view value;
    std::string_view kind;
  };
  const Case cases[] = {
      {"alice@example.com", "email"},
      {"ALICE.B+photos@mail.example.co.uk", "email"},
      {"Failed login for alice@example.com from here", "email"},
      {"<alice@example.org>", "email"},
      {"mailto:alice@example.org", "email"},
      {"alice%40example.com", "email"},
      {"jörg@müller.example", "email"},
      {"alice@localhost", "email"},
      {"alice@example", "email"},
      {"alice%40example", "email"},
      {"Alice@nas", "email"},
      {"login by alice@nas: denied", "email"},
      {"root@db1", "email"},
      {"\"a b\"@example.com", "email"},
      {"user=alice@example.com.", "email"},
      {"a@b@example.com", "email"},
      {"x@xn--mller-kva.example", "email"},
      {"10.0.0.1", "ip"},
      {"10.0.0.1:443", "ip"},
      {"from 10.0.0.1", "ip"},
      {"(192.168.178.255)", "ip"},
      {"ip=172.16.0.9,port=1", "ip"},
      {"10.0.0.1-10.0.0.9", "ip"},
      {"host10.0.0.1", "ip"},
      {"010.000.000.001", "ip"},
      {"reached 8.8.8.8.", "ip"},
      {"1.2.3.4", "ip"},
      {"Chrome/120.0.0.0", "ip"},
      {"::ffff:127.0.0.1", "ip"},
      {"::1", "ip"},
      {"[::1]:8081", "ip"},
      {"fe80::1%eth0", "ip"},
      {"2001:db8::8a2e:370:7334", "ip"},
      {"2001:0db8:85a3:0000:0000:8a2e:0370:7334", "ip"},
      {"connect ECONNREFUSED 2001:db8::1", "ip"},
      {"peer 2001:DB8::1: closed", "ip"},
      {"00:1a:2b:3c:4d:5e", "ip"},
      {"aa:bb:cc:dd:ee:ff", "ip"},
      {"001a.2b3c.4d5e", "ip"},
      {"0011.2233.4455", "ip"},
      {"00-1a-2b-3c-4d-5e", "ip"},
      {"00-11-22-33-44-55", "ip"},
      {"peer_00-1A-2B-3C-4D-5E", "ip"},
      {"mac 001A.2B3C.4D5E.", "ip"},
      {"abcd::cafe", "ip"},
      {"FDAB::C", "ip"},
      {"peer_2001:db8::1", "ip"},
      {"ip:2001:db8::1", "ip"},
      {"add:2001:db8::1", "ip"},
      {"peerface:2001:db8:0:1:2:3:4:5", "ip"},
      {"地址：2001:db8::1，ok", "ip"},
      {"“00:1a:2b:3c:4d:5e”", "ip"},
      {"\x1b[32m2001:db8:0:1:2:3:4:5\x1b[39m", "ip"},
      {"/home/alice", "path"},
      {"/usr/src/app/upload/library/alice/2024/IMG_1.jpg", "path"},
      {"open '/data/x' failed", "path"},
      {"path=/etc/passwd", "path"},
      {"(/var/lib)", "path"},
      {"~/photos", "path"},
      {"./a", "path"},
      {"../a", "path"},
      {"/api/users/me", "path"},
      {"//server/share", "path"},
      {"/日本", "path"},
      {"upload/library/alice/2024", "path"},
      {"library/photo.webp", "path"},
      {"src/main.ts", "path"},
      {"photos/alice/2024", "path"},
      {"upload/library/admin", "path"},
      {"upload/library/", "path"},
      {"photos//alice//2024", "path"},
      {"moved to photos/alice/2024 now", "path"},
      {"Fotos/Jörg/Sommer", "path"},
      {"Users\\Alice\\Desktop", "path"},
      {"photos\\alice\\2024", "path"},
      {"Data\\Photos\\Alice", "path"},
      {"dump.sql", "path"},
      {"diary.md", "path"},
      {"server.key", "path"},
      {"cert.pem", "path"},
      {"backup.7z", "path"},
      {"album.zip", "path"},
      {"access.log", "path"},
      {"export.json", "path"},
      {"contacts.xml", "path"},
      {"people.csv", "path"},
      {"letter.doc", "path"},
      {"Budget.XLSX", "path"},
      {"DSC_0001.NEF", "path"},
      {"_MG_1.CR3", "path"},
      {"cannot read 2024-11-22.gpx!", "path"},
      {"photo.jpg_original", "path"},
      {"photo.jpg~", "path"},
      {"(alice.vcf)", "path"},
      {"C:\\Users\\alice", "path"},
      {"file c:/photos", "path"},
      {"\\\\nas\\photos", "path"},
      {"photos\\summer.heic", "path"},
      {"IMG_1234.JPG", "path"},
      {"my holiday.mp4", "path"},
      {"Invoice 2024.pdf", "path"},
      {"Urlaub in Österreich.heic", "path"},
      {"backup.tar.gz", "path"},
      {"%2Fhome%2Falice", "path"},
      {"https://photos.example.org", "url"},
      {"see http://x/y?z", "url"},
      {"postgres://immich:secret@database/immich", "url"},
      {"redis://cache:6379", "url"},
      {"www.example.org", "url"},
      {"WWW.Example.org", "url"},
      {"file:///etc/passwd", "url"},
      {"example.com/path?x=1", "url"},
      {"photos.example.org/share/abc", "url"},
      {"see example.org/x", "url"},
      {"EXAMPLE.ORG/X", "url"},
      {"example.com:8443/x", "url"},
      {"localhost:3001/api", "url"},
      {"example.com?key=1", "url"},
      {"1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab", "uuid"},
      {"1C2A0F3E-8B1D-4A5E-9C3F-0123456789AB", "uuid"},
      {"asset 1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab gone", "uuid"},
      {"x1c2a0f3e-8b1d-4a5e-9c3f-0123456789abcd", "uuid"},
      {"0000000000001c2a0f3e-8b1d-4a5e-9c3f-0123456789ab", "uuid"},
      {"00000000-0000-0000-0000-000000000000", "uuid"},
      {"1c2a0f3e8b1d4a5e9c3f0123456789ab", "uuid"},
      {"1c2a0f3e_8b1d_4a5e_9c3f_0123456789ab", "uuid"},
      {"1c2a0f3e.8b1d.4a5e.9c3f.0123456789ab", "uuid"},
      {"urn:uuid:1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab", "uuid"},
      {"{\"source\":\"upload\",\"id\":\"1\"}", "document"},
      {"  [1,2,3] ", "document"},
      {"{}", "document"},
      {"[object Object]", "document"},
      {"id={\"a\":1}", "document"},
      {"Object(2) { a: 1, b: 2 }", "document"},
      {"User { name: 'alice' }", "document"},
      {"Row{name=alice, id=3}", "document"},
      {"Set(2) { 'a', 'b' }", "document"},
      {"failed for {\"id\":\"1", "document"},
      {"ids=[\"a\",\"b\"]", "document"},
      {"Array(3) [ 1, 2, 3 ]", "document"},
      {"%7B%22id%22%3A1%7D", "document"},
      {"<user>alice</user>", "document"},
      {"<?xml version=\"1.0\"?>", "document"},
      {"<Buffer 00 1a 2b>", "document"},
      {"data:image/png;base64,iVBORw0KGgo=", "document"},
      {"src data:text/plain,hello", "document"},
      {"data:,hello", "document"},
      {"select id from users", "document"},
      {"SELECT * FROM asset WHERE id = $1", "document"},
      {"Failed query: select \"id\" from \"asset\"", "document"},
      {"error in select name from users where id = 3", "document"},
      {"insert into users (name) values ('alice')", "document"},
      {"INSERT INTO users SELECT 1", "document"},
      {"update users set name = 'alice'", "document"},
      {"delete from users where name like 'a%'", "document"},
      {"DELETE FROM users", "document"},
      {"one\ntwo", "document"},
      {"one\rtwo", "document"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "token"},
      {"token eyJhbGciOiJIUzI1NiJ9", "token"},
      {"AKIAIOSFODNN7EXAMPLE", "token"},
      {"sk_live_4eC39HqLyjWDarjtT1", "token"},
      {"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "token"},
      {"key=ghp_16C7e42F292c6912", "token"},
      {"xoxb-123-456-abc", "token"},
      {"xoxp-1234", "token"},
      {"\x1b[1;32mghp_abcdefghijklmn\x1b[0m", "token"},
      {"“ghp_abcdefghijklmn”", "token"},
      {"sk_live_abcdefgh", "token"},
      {"ghp_abcdefghijklmn", "token"},
      {"hf_a1b2c3d4e5f6g7h8i9j0", "token"},
      {"glpat-a1b2c3d4e5", "token"},
      {"Authorization: Bearer abcdef0123456789", "token"},
      {"Basic YWxpY2U6c2VjcmV0", "token"},
      {"Basic YWxpY2U6=", "token"},
      {"-----BEGIN RSA PRIVATE KEY-----", "token"},
  };
  for (const Case& c : cases) EXPECT_EQ(PrivateKindName(Classify(c.value)), c.kind) << c.value;
  for (const Case& c : cases) {
    if (c.kind == "document") continue;  // some are whole values
    for (const std::string& text : {"at " + std::string(c.value) + ", then", "(" + std::string(c.value) + ")"}) {
      EXPECT_NE(Classify(text), PrivateKind::kNone) << text;
    }
  }
  EXPECT_EQ(Classify(std::string(129, 'a')), PrivateKind::kDocument);
}

TEST(PrivacyGuard, LetsHarmlessTextPass) {
  const std::string_view values[] = {
      // contexts and classes
      "MachineLearningRepository", "KyselyModule$1", "Api:Foo", "Api:WebsocketRepository~9tsc1h95", "LoggingInterceptor", "std::string",
      "Module::1", "Ab::Cd", "module:ab::cd", "app:12:34:56", "\x1b[32mok\x1b[39m", "sha256::abc1", "a.b.c", "com.example.photos.Main",
      "App\\Http\\Kernel", "GuzzleHttp\\Psr7\\Utils", "PhotoController@index", "Face::Decode", "Object::Cafe",
      "helloworld.Greeter/SayHello", "grpc.health.v1.Health/Check", "Object@1a2b3c", "node:internal/process", "job:1",
      // versions and packages
      "v1.2.3", "1.2.3", "v1.2.3.4", "V1.2.3.4", "1.2.3.4.5", "999.1.1.1", "1.2.3", "nest@10.4.1", "pkg@1.2.3-beta", "@nestjs/core",
      "bullmq@latest", "pkg@next", "pkg@npm:other", "image@sha256:abcdef", "Foo@deadbeef", "react@v19", "@nestjs/common/utils",
      "nginx/1.18.0", "python/3.12rc1", "Node.js/18.0.1", "networking.k8s.io/v1", "MyApp.Repo.get/2", "2024.1122", "2024.1001.1234",
      "1.2.x", "sharp 0.34.5", "Mozilla/5.0", "Node.js v24.13.1", "pgvector 0.8.0", "PostgreSQL 15.14", "ffmpeg-7.1",
      // reasons
      "connect ECONNREFUSED", "timeout of 500ms exceeded", "getaddrinfo ENOTFOUND redis", "read ECONNRESET", "socket hang up", "Not Found",
      "Please select a file from the list", "Select one from these", "Unable to delete from cache", "failed to insert into the queue",
      "update the set of tags", "Bearer authentication failed", "Basic authentication required", "invalid token", "ghp_token", "sk-learn",
      "npm_package_dependencies_typescript", "ASIA_SOUTHEAST_1", "Machine learning request '{}' failed", "no handler for {id}",
      "expected [a,b]", "[warn] x", "a < b", "data: none", "data:a,b", "job stalled more than allowable limit",
      "Cannot read properties of undefined (reading 'x')", "Map<string, number>", "100%40ms", "permission denied",
      "ENOSPC: no space left on device, write", "duplicate key value violates unique constraint",
      // queues, keys, locales
      "immich_bull:thumbnailGeneration:wait", "metadata-extraction", "queue:12/20", "job:10/20", "redis:6379", "localhost:3001", "database",
      "photos.example.org", "en-US", "en_US.UTF-8", "de-DE", "zh-Hant-TW", "sRGB IEC61966-2.1", "GMT+2", "node:internal/process/promises",
      "GET/POST", "read/write", "client/server", "12-34-56", "20-11-22", "ab-cd-ef",
      // words, jobs and levels
      "thumbnailGeneration", "storageBackendMigration", "smart_search", "log", "error", "success", "GET", "4xx", "", " ", "none", "a b c",
      "100 %", "50%", "-", "--", ".", "..", "/", " / ", "a / b", "and/or", "N/A", "w/o", "km/h", "24 1/2", "1/2", "3/4 done", "12/31/2025",
      "a//b", "[", "{", "}{", "][", "[info", "[a] b", "@", "a@", "@b.org", "a @ b.org", "://", "$1", "#1", "*", "~",
      // media types, time zones, times
      "image/jpeg", "image/svg+xml", "text/plain; charset=utf-8", "application/vnd.api", "audio/vnd.wave", "video/mp4", "Europe/Berlin",
      "America/Argentina/Buenos_Aires", "12:34:56", "9:24:30 AM", "11:22:33:44", "2026-11-22T09:24:30.123Z", "2026-11-22", "1766533331507",
      // hexadecimal and other identifiers that are no UUID
      "deadbeef", "0x7f", "1c2a0f3e-8b1d-4a5e-9c3f-0123456789a", "1c2a0f3e-8b1d-4a5e-9c3f", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "aaaa-bbbb",
      // names of programs and files that are nobody's own
      "main.ts", "example.ts", "index.mjs", "app.py", "foo.service", "docker-compose.yml", "nginx.conf", "immich.db", "node.js", "Node.js",
      "Next.js/15", "d3.v7.js", "ASP.NET", "req.key", "console.log is not a function", "user.toJSON", "rows.json()", "process.env",
      "err.msg", "this.log", "pg_dump", ".jpg", "jpg", "jpeg.", "ECONNREFUSED", "57P01", "PostgresError", "H.264", "AV1", "größe", "日本",
      "ok ✓", ":id", "other", "_overflow"};
  for (std::string_view value : values) EXPECT_EQ(PrivateKindName(Classify(value)), "none") << value;
  EXPECT_GT(std::size(values), 100u);
  EXPECT_EQ(Classify(std::string(128, 'a')), PrivateKind::kNone);
}

TEST(PrivacyGuard, WhatTakesAPrivateValuesPlacePasses) {
  EXPECT_EQ(Classify(kReplacedValue), PrivateKind::kNone);
  EXPECT_EQ(Classify(kOverflowValue), PrivateKind::kNone);
}

TEST(PrivacyGuard, AUserIdIsAUuidAndNothingElse) {
  EXPECT_EQ(ClassifyUserId("1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab"), PrivateKind::kNone);
  EXPECT_EQ(ClassifyUserId(""), PrivateKind::kNone) << "no label at all";
  for (std::string_view value : {"alice", "1", "1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab ", "x1c2a0f3e-8b1d-4a5e-9c3f-0123456789ab", "other",
                                 "1c2a0f3e8b1d4a5e9c3f0123456789ab"}) {
    EXPECT_EQ(ClassifyUserId(value), PrivateKind::kNotAUserId) << value;
  }
}

TEST(PrivacyGuard, AnyBytesAreFine) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string value = {static_cast<char>(a), static_cast<char>(b)};
      const bool line_end = value.find_first_of("\n\r") != std::string::npos;
      const bool braces = value == "{}" || value == "[]";
      EXPECT_EQ(Classify(value) == PrivateKind::kDocument, line_end || braces);
    }
  }
}

}  // namespace
}  // namespace logmill
