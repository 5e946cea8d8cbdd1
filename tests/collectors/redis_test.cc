#include "collectors/redis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/collectors/redis_asking.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/canned_server.h"
#include "tests/support/redis_server.h"

namespace logmill {
namespace {

using ::testing::AllOf;
using testing::Ask;
using testing::At;
using testing::CannedServer;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Ping;
using testing::RedisServer;
using ::testing::StartsWith;

TEST(Redis, AnswersComeInTheOrderOfTheCommands) {
  RedisServer server;
  Redis redis(At(server));
  EXPECT_EQ(Ask(redis, {{"SET", "a", "1"}, {"GET", "a"}, {"GET", "b"}, {"LLEN", "a"}, {"STRLEN", "a"}}),
            "OK;1;nil;WRONGTYPE Operation against a key holding the wrong kind of value;1;");
}

TEST(Redis, ArgumentsAreAnyBytes) {
  RedisServer server;
  Redis redis(At(server));
  const std::string bytes("\0\r\n*\xff$", 6);
  EXPECT_EQ(Ask(redis, {{"SET", bytes, bytes}, {"STRLEN", bytes}, {"SET", "", ""}, {"EXISTS", ""}}), "OK;6;OK;1;");
}

TEST(Redis, ManyCommandsAndLongAnswersAreOneRoundTrip) {
  RedisServer server;
  Redis redis(At(server));
  const std::string value(100'000, 'x');
  server.Command({"SET", "long", value});
  const std::vector<Redis::Command> commands(100, {"GET", "long"});
  const auto replies = redis.Ask(commands);
  ASSERT_TRUE(replies) << replies.error();
  for (const Redis::Reply& reply : *replies) EXPECT_EQ(std::string(reply->str, reply->len), value);
}

TEST(Redis, TheConnectionIsKept) {
  RedisServer server;
  Redis redis(At(server));
  Ping(redis);
  Ping(redis);
  EXPECT_EQ(redis.connections(), 1U);
  EXPECT_EQ(server.Clients(), 1);
}

TEST(Redis, AConnectionThatTheServerClosedIsMadeAgain) {
  RedisServer server;
  Redis redis(At(server));
  Ping(redis);
  server.Run("CLIENT KILL TYPE normal SKIPME yes");
  EXPECT_EQ(Ping(redis), "PONG;");
  EXPECT_EQ(redis.connections(), 2U);
}

TEST(Redis, AServerThatWasKilledIsSaidAndFoundAgain) {
  RedisServer server;
  Redis redis(At(server));
  Ping(redis);
  server.Kill();
  EXPECT_EQ(Ping(redis), redis.options().Description() + ": connection refused");
  server.Start();
  EXPECT_EQ(Ping(redis), "PONG;");
}

TEST(Redis, SpeaksOverAUnixSocket) {
  RedisServer server;
  RedisOptions options;
  options.socket = server.socket();
  Redis redis(options);
  EXPECT_EQ(Ping(redis), "PONG;");
  server.Kill();
  EXPECT_THAT(Ping(redis), StartsWith("redis at " + server.socket() + "/0: "));
}

TEST(Redis, APathThatIsTooLongForASocketIsSaid) {
  RedisOptions options;
  options.socket = "/" + std::string(200, 'x');
  Redis redis(options);
  EXPECT_THAT(Ping(redis), EndsWith(": the path of the socket is too long"));
}

TEST(Redis, FindsAHostByItsName) {
  RedisServer server;
  RedisOptions options = At(server);
  options.host = "localhost";
  Redis redis(options);
  EXPECT_EQ(Ping(redis), "PONG;");
}

TEST(Redis, AHostThatIsNoneIsSaid) {
  RedisOptions options;
  options.host = "name with spaces";
  Redis redis(options);
  EXPECT_THAT(Ping(redis), StartsWith("redis at name with spaces:6379/0: no address of it: "));
}

TEST(Redis, SelectsItsDatabase) {
  RedisServer server;
  server.Commands({{"SELECT", "3"}, {"SET", "here", "1"}, {"SELECT", "0"}});
  RedisOptions options = At(server);
  options.database = 3;
  Redis redis(options);
  EXPECT_EQ(Ask(redis, {{"GET", "here"}}), "1;");
  options.database = 99;
  Redis beyond(options);
  EXPECT_THAT(Ping(beyond), EndsWith(": it has no database of this index"));
}

TEST(Redis, GivesThePassword) {
  RedisServer server({"--requirepass", "hunter2"});
  RedisOptions options = At(server);
  Redis without(options);
  EXPECT_EQ(Ping(without), options.Description() + ": it wants a password (NOAUTH)");
  options.password = "hunter2";
  Redis with(options);
  EXPECT_EQ(Ping(with), "PONG;");
  options.password = "hunter3";
  Redis wrong(options);
  EXPECT_EQ(Ping(wrong), options.Description() + ": wrong user name or password (WRONGPASS)");
}

TEST(Redis, GivesTheUser) {
  RedisServer server;
  server.Run("ACL SETUSER reader on >hunter2 +ping ~*");
  server.Run("ACL SETUSER open on nopass +ping ~*");
  server.Run("ACL SETUSER narrow on nopass +get ~*");
  RedisOptions options = At(server);
  options.user = "reader";
  options.password = "hunter2";
  Redis reader(options);
  EXPECT_EQ(Ping(reader), "PONG;");
  options.user = "open";
  options.password = "";
  Redis open(options);
  EXPECT_EQ(Ping(open), "PONG;");
  options.user = "narrow";
  Redis narrow(options);
  EXPECT_EQ(Ask(narrow, {{"GET", "a"}}), "nil;");
}

TEST(Redis, APasswordThatNobodyWantsDoesNoHarm) {
  RedisServer server;
  RedisOptions options = At(server);
  options.password = "needless";
  Redis redis(options);
  EXPECT_EQ(Ping(redis), "PONG;");
}

TEST(Redis, ThePasswordsFileIsReadAtEachConnection) {
  const testing::TemporaryFolder folder;
  folder.Write("password", "first\n");
  RedisServer server({"--requirepass", "first"});
  RedisOptions options = At(server);
  options.password_file = folder.Path("password");
  Redis redis(options);
  EXPECT_EQ(Ping(redis), "PONG;");
  server.Run("CONFIG SET requirepass second");
  server.Run("CLIENT KILL TYPE normal SKIPME yes");
  EXPECT_THAT(Ping(redis), EndsWith(": wrong user name or password (WRONGPASS)"));
  folder.Write("password", "second\n");
  EXPECT_EQ(Ping(redis), "PONG;");
  folder.Remove("password");
  server.Run("CLIENT KILL TYPE normal SKIPME yes");
  EXPECT_THAT(Ping(redis), HasSubstr("cannot read " + folder.Path("password")));
}

TEST(Redis, AServerWithoutAuthDoesNotGiveThePasswordAway) {
  RedisServer server({"--rename-command", "AUTH", ""});
  RedisOptions options = At(server);
  options.user = "reader";
  options.password = "hunter2";
  Redis redis(options);
  EXPECT_EQ(Ping(redis), options.Description() + ": it does not know the command AUTH");
}

TEST(Redis, AServerThatRepeatsThePasswordDoesNotGiveItAway) {
  const std::string answer = "-ERR what is hunter2 for\r\n";
  for (const std::string& answers : {answer, answer + "+PONG\r\n"}) {
    CannedServer server({answers}, true);
    RedisOptions options = At(server);
    options.password = "hunter2";
    Redis redis(options);
    EXPECT_THAT(Ping(redis), AllOf(EndsWith(": it refused AUTH"), Not(HasSubstr("hunter2"))));
  }
}

TEST(Redis, TlsIsRefusedBeforeAnythingIsSent) {
  RedisServer server;
  RedisOptions options = At(server);
  options.tls = true;
  Redis redis(options);
  EXPECT_THAT(Ping(redis), HasSubstr("TLS"));
  EXPECT_EQ(redis.connections(), 0U);
}

TEST(Redis, AFullServerSaysSo) {
  RedisServer server({"--maxclients", "1"});
  EXPECT_EQ(server.Clients(), 0);
  Redis redis(At(server));
  EXPECT_THAT(Ping(redis), EndsWith(": it has as many clients as it takes"));
}

TEST(Redis, AServerThatLoadsItsDataSaysSo) {
  CannedServer server({"-LOADING Redis is loading the dataset in memory\r\n", "+PONG\r\n"});
  Redis redis(At(server));
  EXPECT_THAT(Ping(redis), EndsWith(": it is still loading its data (LOADING)"));
}

TEST(Redis, WhatIsNoRedisIsSaid) {
  CannedServer server({"HTTP/1.1 400 Bad Request\r\n\r\n"});
  Redis redis(At(server));
  EXPECT_THAT(Ping(redis), EndsWith(": it does not speak Redis' protocol"));
}

TEST(Redis, AnswersThatNobodyAskedForAreRefused) {
  CannedServer server({"+PONG\r\n", "+PONG\r\n+PONG\r\n"});
  Redis redis(At(server));
  EXPECT_THAT(Ping(redis), EndsWith(": it answered more than it was asked"));
}

TEST(Redis, HostileSizesAreRefused) {
  const std::string flood = "$" + std::to_string(size_t{1} << 30) + "\r\n" + std::string(RedisConnection::kMaxAnswerBytes + 1, 'x');
  for (const std::string& answer : {std::string("*1000000001\r\n"), std::string("*4294967297\r\n"), std::string("*9223372036854775807\r\n"),
                                    std::string("$9223372036854775807\r\n"), flood}) {
    CannedServer server({"+PONG\r\n", answer}, true);
    Redis redis(At(server));
    const auto replies = redis.Ask(std::vector<Redis::Command>{{"PING"}});
    EXPECT_FALSE(replies) << answer.substr(0, 30);
  }
}

TEST(Redis, AnswersNestedTooDeepAreRefused) {
  std::string answer;
  for (int depth = 0; depth < 1'000; ++depth) answer += "*1\r\n";
  CannedServer server({"+PONG\r\n", answer});
  Redis redis(At(server));
  EXPECT_FALSE(redis.Ask(std::vector<Redis::Command>{{"PING"}}));
}

TEST(Redis, AConnectionThatEndsAmidTheAnswersIsAnError) {
  CannedServer server({"+PONG\r\n", "+PONG\r\n$5\r\nab"}, true);
  Redis redis(At(server));
  EXPECT_THAT(Ask(redis, {{"PING"}, {"GET", "a"}}), EndsWith(": it closed the connection"));
}

TEST(Redis, ASilentServerIsLeftAfterTheTimeout) {
  RedisServer server;
  RedisOptions options = At(server);
  options.timeout = std::chrono::milliseconds(50);
  Redis redis(options);
  server.Freeze();
  EXPECT_EQ(Ping(redis), options.Description() + ": it did not answer in time");
  server.Thaw();
}

}  // namespace
}  // namespace logmill
