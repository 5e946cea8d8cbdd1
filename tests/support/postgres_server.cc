#include "tests/support/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>

// libpqxx 6.4 loses one result, of 2 KB, when a connection breaks during a query: connection_base::make_result() takes it before it
// asks for the encoding, which throws then.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx\n"; }

namespace logmill::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(120);
constexpr auto kLookAgain = std::chrono::milliseconds(5);
constexpr char kSocketUser[] = "postgres";

// Until `holds()`; false when that takes too long.
template <typename Holds>
bool Await(const Holds& holds) {
  const auto end = steady_clock::now() + kPatience;
  while (!holds()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

// The newest version that is installed.
std::string FindPrograms() {
  std::string best;
  int best_version = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version <= best_version || !fs::exists(entry.path() / "bin/initdb")) continue;
    best_version = version;
    best = (entry.path() / "bin").string();
  }
  if (best.empty()) throw std::runtime_error("no PostgreSQL in /usr/lib/postgresql: install what packaging/debian-packages.txt names");
  return best;
}

uint16_t FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound =
      ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

const passwd& OrdinaryUser() {
  const passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr) throw std::runtime_error("there is no user nobody");
  return *nobody;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// State and parent of a process, from /proc/PID/stat; ' ' when it is gone.
std::pair<char, pid_t> StateOf(const std::string& pid) {
  const std::string text = ReadFile("/proc/" + pid + "/stat");
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return {' ', 0};
  return {text[name_end + 2], std::atoi(text.c_str() + name_end + 4)};
}

bool IsGone(pid_t pid) {
  const char state = StateOf(std::to_string(pid)).first;
  return state == ' ' || state == 'Z' || state == 'X';
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Result Ask(const std::string& folder, uint16_t port, const std::string& database, const std::string& sql) {
  const std::string address = "host=" + folder + " port=" + std::to_string(port) + " user=" + kSocketUser + " dbname=" + database;
  const Connection connection(PQconnectdb(address.c_str()), &PQfinish);
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  Result result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  return result;
}

// In the child, between fork and exec.
[[noreturn]] void Become(const std::vector<std::string>& command, const std::string& log, const passwd* user) {
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) ::_exit(126);
  if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  // A test that dies leaves no server behind.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

PostgresServer::PostgresServer() : PostgresServer(Settings()) {}

PostgresServer::PostgresServer(const Settings& settings) : programs_(FindPrograms()) {
  std::string pattern = (fs::temp_directory_path() / "logmill-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  folder_ = pattern;
  if (::geteuid() == 0 && ::chown(folder_.c_str(), OrdinaryUser().pw_uid, OrdinaryUser().pw_gid) != 0) {
    throw std::runtime_error("cannot give away " + folder_);
  }
  MakeCluster();
  if (settings.tls) MakeCertificate();
  Configure(settings);
  Start();
  MakeDatabase("immich");
}

PostgresServer::~PostgresServer() {
  try {
    Kill();
  } catch (const std::exception&) {
    // Nothing is left to be done.
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::MakeCluster() {
  Run({programs_ + "/initdb", "-D", folder_ + "/data", "-U", kSocketUser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
       "--no-instructions"});
}

void PostgresServer::MakeCertificate() {
  Run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
       "/CN=localhost", "-keyout", folder_ + "/data/server.key", "-out", folder_ + "/data/server.crt"});
}

void PostgresServer::Configure(const Settings& settings) {
  std::ofstream(folder_ + "/data/pg_hba.conf") << "local all all trust\nhost all all 127.0.0.1/32 " << settings.host_auth << "\n";
  std::ofstream configuration(folder_ + "/data/postgresql.conf", std::ios::app);
  configuration << "listen_addresses = '127.0.0.1'\nunix_socket_directories = '" << folder_
                << "'\nfsync = off\nfull_page_writes = off\nshared_buffers = 16MB\n";
  if (settings.tls) configuration << "ssl = on\n";
  for (const std::string& line : settings.configuration) configuration << line << "\n";
}

void PostgresServer::Start() {
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (port_ == 0) port_ = FreePort();
    pid_ = Spawn({programs_ + "/postgres", "-D", folder_ + "/data", "-p", std::to_string(port_)});
    if (AwaitReady()) return;
    Kill();
    // Somebody else may have taken the port.
    port_ = 0;
  }
  throw std::runtime_error("PostgreSQL does not start: " + Log());
}

void PostgresServer::Restart() {
  Stop();
  Start();
}

bool PostgresServer::AwaitReady() {
  const std::string address = "host=" + folder_ + " port=" + std::to_string(port_) + " user=" + kSocketUser + " dbname=postgres";
  bool ready = false;
  Await([&] {
    ready = PQping(address.c_str()) == PQPING_OK;
    return ready || IsGone(pid_);
  });
  return ready;
}

void PostgresServer::Stop() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGINT);
  if (!Await([this] { return IsGone(pid_); })) throw std::runtime_error("PostgreSQL does not stop: " + Log());
  Reap();
}

void PostgresServer::Kill() {
  if (pid_ < 0) return;
  Freeze();
  const std::vector<pid_t> processes = Processes();
  for (const pid_t process : processes) ::kill(process, SIGKILL);
  for (const pid_t process : processes) Await([process] { return IsGone(process); });
  Reap();
}

void PostgresServer::Freeze() {
  // The parent first, so that there are no new ones; a process that is about to start another one would escape.
  ::kill(pid_, SIGSTOP);
  Await([this] { return StateOf(std::to_string(pid_)).first == 'T' || IsGone(pid_); });
  for (const pid_t process : Processes()) ::kill(process, SIGSTOP);
}

void PostgresServer::Thaw() {
  for (const pid_t process : Processes()) ::kill(process, SIGCONT);
}

void PostgresServer::Execute(const std::string& sql, const std::string& database) { Ask(folder_, port_, database, sql); }

std::string PostgresServer::Value(const std::string& sql, const std::string& database) {
  const Result result = Ask(folder_, port_, database, sql);
  return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
}

void PostgresServer::MakeDatabase(const std::string& name) {
  Execute("drop database if exists \"" + name + "\" with (force)", "postgres");
  Execute("create database \"" + name + "\"", "postgres");
}

PostgresOptions PostgresServer::Options(const std::string& user, const std::string& database) const {
  PostgresOptions options;
  options.host = "127.0.0.1";
  options.port = port_;
  options.user = user;
  options.database = database;
  return options;
}

std::string PostgresServer::Log() const { return ReadFile(folder_ + "/log"); }

void PostgresServer::Run(const std::vector<std::string>& command) const {
  int status = 0;
  const pid_t pid = Spawn(command);
  if (::waitpid(pid, &status, 0) != pid || status != 0) throw std::runtime_error(command[0] + " failed: " + Log());
}

pid_t PostgresServer::Spawn(const std::vector<std::string>& command) const {
  const passwd* const user = ::geteuid() == 0 ? &OrdinaryUser() : nullptr;
  const std::string log = folder_ + "/log";
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) Become(command, log, user);
  return pid;
}

std::vector<pid_t> PostgresServer::Processes() const {
  std::vector<pid_t> processes{pid_};
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && StateOf(name).second == pid_)
      processes.push_back(std::atoi(name.c_str()));
  }
  return processes;
}

void PostgresServer::Reap() {
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace logmill::testing
