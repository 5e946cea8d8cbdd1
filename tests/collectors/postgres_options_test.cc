#include "collectors/postgres_options.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace logmill {
namespace {

class PostgresOptionsTest : public ::testing::Test {
 protected:
  PostgresOptionsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "logmill-options-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~PostgresOptionsTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  PostgresOptions Read(std::map<std::string, std::string> variables) {
    return ReadPostgresOptions(
        [&](const char* name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        diagnostics_);
  }

  std::string Messages() {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics_.entries()) text += Format(diagnostic) + "\n";
    for (size_t at; (at = text.find(folder_)) != std::string::npos;) text.replace(at, folder_.size(), "FOLDER");
    diagnostics_ = Diagnostics();
    return text;
  }

  std::string folder_;
  Diagnostics diagnostics_;
};

TEST_F(PostgresOptionsTest, NothingSetIsWhatGalleryTakes) {
  const PostgresOptions options = Read({{"DB_HOSTNAME", ""}, {"DB_PASSWORD", ""}, {"DB_URL", ""}});
  EXPECT_EQ(options.Description(), "postgres at database:5432/immich");
  EXPECT_EQ(options.user, "postgres");
  EXPECT_EQ(options.password, "");
  EXPECT_EQ(options.ssl_mode, "");
  EXPECT_EQ(Messages(), "");
}

TEST_F(PostgresOptionsTest, EachVariableSaysOnePart) {
  const PostgresOptions options = Read({{"DB_HOSTNAME", "db.example"},
                                        {"DB_PORT", "6432"},
                                        {"DB_USERNAME", "reader"},
                                        {"DB_PASSWORD", "hunter2"},
                                        {"DB_DATABASE_NAME", "photos"},
                                        {"DB_SSL_MODE", "verify-full"}});
  EXPECT_EQ(options.Description(), "postgres at db.example:6432/photos");
  EXPECT_EQ(options.user, "reader");
  EXPECT_EQ(options.password, "hunter2");
  EXPECT_EQ(options.ssl_mode, "verify-full");
  EXPECT_EQ(Messages(), "");
}

TEST_F(PostgresOptionsTest, UrlSaysAllAndGoesFirst) {
  const PostgresOptions options =
      Read({{"DB_URL", "postgresql://reader:hunt%40er2@[::1]:6432/photos?sslmode=require&sslrootcert=/ca.pem&connect_timeout=3"},
            {"DB_HOSTNAME", "elsewhere"},
            {"DB_PASSWORD", "other"}});
  EXPECT_EQ(options.Description(), "postgres at [::1]:6432/photos");
  EXPECT_EQ(options.user, "reader");
  EXPECT_EQ(options.password, "hunt@er2");
  EXPECT_EQ(options.ssl_mode, "require");
  EXPECT_EQ(options.connect_timeout, std::chrono::seconds(3));
  const std::vector<std::pair<std::string, std::string>> parameters{{"sslrootcert", "/ca.pem"}};
  EXPECT_EQ(options.parameters, parameters);
  EXPECT_EQ(Messages(), "");
}

TEST_F(PostgresOptionsTest, UrlMayLeaveOutParts) {
  const PostgresOptions options = Read({{"DB_URL", "postgres://"}, {"DB_PASSWORD", "hunter2"}});
  EXPECT_EQ(options.Description(), "postgres at database:5432/immich");
  EXPECT_EQ(options.password, "hunter2");
  EXPECT_EQ(Messages(), "");
}

TEST_F(PostgresOptionsTest, UrlMayNameASocket) {
  EXPECT_EQ(Read({{"DB_URL", "postgres://u@%2Frun%2Fpostgresql/db"}}).host, "/run/postgresql");
  EXPECT_EQ(Read({{"DB_URL", "postgres://u@/db?host=/run/postgresql&port=6000"}}).Description(), "postgres at /run/postgresql:6000/db");
  EXPECT_EQ(Messages(), "");
}

TEST_F(PostgresOptionsTest, UrlWordsOfOtherReadersAreUnderstood) {
  EXPECT_EQ(Read({{"DB_URL", "postgres://h/d?ssl=true"}}).ssl_mode, "require");
  EXPECT_EQ(Read({{"DB_URL", "postgres://h/d?ssl=0"}}).ssl_mode, "disable");
  EXPECT_EQ(Read({{"DB_URL", "postgres://h/d?sslmode=no-verify"}}).ssl_mode, "require");
  EXPECT_EQ(Messages(), "");
  EXPECT_TRUE(Read({{"DB_URL", "postgres://h/d?schema=public&client_encoding=LATIN1&a%20b=hunter2"}}).parameters.empty());
  EXPECT_EQ(Messages(),
            "DB_URL: warning: a parameter that means nothing here is left out: schema\n"
            "DB_URL: warning: a parameter that means nothing here is left out: client_encoding\n"
            "DB_URL: warning: a parameter that means nothing here is left out\n");
}

TEST_F(PostgresOptionsTest, FilesHoldValues) {
  const PostgresOptions options = Read({{"DB_HOSTNAME_FILE", Write("host", "db.example\n")},
                                        {"DB_USERNAME_FILE", Write("user", "reader\r\n\n")},
                                        {"DB_PASSWORD_FILE", Write("password", " hunter2 \n")},
                                        {"DB_DATABASE_NAME_FILE", Write("database", "photos")}});
  EXPECT_EQ(options.Description(), "postgres at db.example:5432/photos");
  EXPECT_EQ(options.user, "reader");
  EXPECT_EQ(options.password, "") << "it is read at each connection";
  EXPECT_EQ(options.password_file, folder_ + "/password");
  EXPECT_EQ(Read({{"DB_URL_FILE", Write("url", "postgres://reader:hunter2@h/d\n")}}).password, "hunter2");
  EXPECT_EQ(Messages(), "");
}

TEST_F(PostgresOptionsTest, FileWinsOverTheVariable) {
  const PostgresOptions options = Read({{"DB_HOSTNAME", "other"}, {"DB_HOSTNAME_FILE", Write("host", "db.example\n")}});
  EXPECT_EQ(options.host, "db.example");
  EXPECT_EQ(Messages(), "DB_HOSTNAME_FILE: warning: it is used instead of DB_HOSTNAME, which is set as well; unset one of them\n");
}

TEST_F(PostgresOptionsTest, FilesThatCannotBeReadAreErrors) {
  ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  Read({{"DB_PASSWORD_FILE", folder_ + "/missing"}, {"DB_HOSTNAME_FILE", folder_}});
  EXPECT_EQ(Messages(),
            "DB_HOSTNAME_FILE: cannot read FOLDER: it is no regular file\n"
            "DB_PASSWORD_FILE: cannot read FOLDER/missing: No such file or directory\n");
  Read({{"DB_PASSWORD_FILE", folder_ + "/pipe"}, {"DB_USERNAME_FILE", Write("big", std::string(65'537, 'a'))}});
  EXPECT_EQ(Messages(),
            "DB_USERNAME_FILE: cannot read FOLDER/big: it is longer than 64 KiB\n"
            "DB_PASSWORD_FILE: cannot read FOLDER/pipe: it is no regular file\n");
  Read({{"DB_PASSWORD_FILE", Write("zero", std::string("a\0b", 3))}});
  EXPECT_EQ(Messages(), "DB_PASSWORD_FILE: cannot read FOLDER/zero: it holds a byte 0, so it is no text\n");
}

TEST_F(PostgresOptionsTest, MistakesAreSaidWithTheirPlaceAndWithoutSecrets) {
  Read({{"DB_PORT", "hunter2"}, {"DB_SSL_MODE", "hunter2"}, {"DB_HOSTNAME", "a,b"}});
  EXPECT_EQ(Messages(),
            "DB_HOSTNAME: several hosts; name one, the server that is to be watched\n"
            "DB_PORT: no port; a number from 1 to 65535 would be right\n"
            "DB_SSL_MODE: unknown TLS mode; known are: disable, allow, prefer, require, verify-ca, verify-full\n");
  for (const char* const url : {"hunter2", "mysql://u:hunter2@h/d", "postgres://u:hunter/2@h/d", "postgres://u:hunter2@h:x/d",
                                "postgres://u:hunter2@h/d?sslmode=hunter2", "postgres://u:hunter2@h/d?connect_timeout=hunter2",
                                "postgres://u:hunter2@a,b/d", "postgres://u:hunter2@h/d?port=hunter2"}) {
    Read({{"DB_URL", url}});
    EXPECT_EQ(diagnostics_.error_count(), 1u) << url;
    EXPECT_EQ(Messages().find("hunter"), std::string::npos);
  }
}

TEST_F(PostgresOptionsTest, DescriptionIsOneLine) {
  EXPECT_EQ(Read({{"DB_HOSTNAME", "a\nb"}, {"DB_DATABASE_NAME", "c\x1b[31m"}}).Description(), "postgres at a?b:5432/c?[31m");
}

}  // namespace
}  // namespace logmill
