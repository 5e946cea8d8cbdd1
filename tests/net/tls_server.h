// A real TLS server, and the certificates for it: openssl's, from the command line.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace logmill {

// A folder with certificates, gone at the end: ca.pem, and NAME.pem and NAME.key for each that was made.
class Certificates {
 public:
  Certificates() {
    std::string path = std::filesystem::temp_directory_path() / "certificates.XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    folder_ = path;
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj '/CN=Test CA' -days 2");
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // `alternatives`: "DNS:localhost,IP:127.0.0.1". Below 0 days: expired.
  void Make(const std::string& name, const std::string& alternatives, int days = 2) const {
    std::ofstream(folder_ / (name + ".ext")) << "subjectAltName=" << alternatives << "\n";
    Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name + ".csr -subj /CN=" + name);
    Run("openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile " + name + ".ext -out " + name +
        ".pem -days " + std::to_string(days));
  }

  [[nodiscard]] std::string Path(const std::string& file) const { return folder_ / file; }

 private:
  void Run(const std::string& command) const {
    EXPECT_EQ(std::system(("cd '" + folder_.string() + "' && " + command + " >openssl.log 2>&1").c_str()), 0) << command;
  }

  std::filesystem::path folder_;
};

// `openssl s_server -www` on a free port of 127.0.0.1: answers with a page that tells about the connection.
class TlsServer {
 public:
  explicit TlsServer(std::vector<std::string> arguments) {
    std::array<int, 2> out{};
    EXPECT_EQ(pipe2(out.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    arguments.insert(arguments.begin(), {"openssl", "s_server", "-accept", "127.0.0.1:0", "-www"});
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    EXPECT_EQ(posix_spawnp(&pid_, "openssl", &actions, nullptr, words.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    out_ = out[0];
    ReadPort();
  }
  ~TlsServer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(out_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string Url(std::string_view host) const { return "https://" + std::string(host) + ":" + port_ + "/"; }

 private:
  // From "ACCEPT 127.0.0.1:12345".
  void ReadPort() {
    std::string text;
    char c = 0;
    while (text.find("ACCEPT ") == std::string::npos || c != '\n') {
      ASSERT_EQ(read(out_, &c, 1), 1) << "openssl s_server does not start: " << text;
      text += c;
    }
    const size_t colon = text.rfind(':');
    port_ = text.substr(colon + 1, text.size() - colon - 2);
  }

  pid_t pid_ = 0;
  int out_ = -1;
  std::string port_;
};

}  // namespace logmill
