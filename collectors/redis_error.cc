#include "collectors/redis_error.h"

#include <algorithm>
#include <array>

namespace logmill {
namespace {

struct Meaning {
  std::string_view beginning;  // of the error
  std::string_view phrase;
};

// The texts are those of Redis 2.8 to 7 and Valkey 8 (server.c, networking.c, acl.c, cluster.c).
constexpr std::array<Meaning, 17> kMeanings{{
    {"NOAUTH", "it wants a password (NOAUTH)"},
    {"WRONGPASS", "wrong user name or password (WRONGPASS)"},
    {"ERR invalid password", "wrong password"},
    {"LOADING", "it is still loading its data (LOADING)"},
    {"MOVED", "the keys are on another node of its cluster (MOVED); name the node that has the queues"},
    {"ASK", "the keys are moving to another node of its cluster (ASK)"},
    {"CLUSTERDOWN", "its cluster is down (CLUSTERDOWN)"},
    {"CROSSSLOT", "the keys are on several nodes of its cluster (CROSSSLOT)"},
    {"MASTERDOWN", "it is a replica that has lost its master (MASTERDOWN)"},
    {"BUSY", "it is busy with a script (BUSY)"},
    {"DENIED", "it is in protected mode and takes clients of its own machine only (DENIED)"},
    {"EXECABORT", "it refused a command (EXECABORT)"},
    {"ERR max number of clients", "it has as many clients as it takes"},
    {"ERR max clients", "it has as many clients as it takes"},
    {"ERR DB index is out of range", "it has no database of this index"},
    {"ERR invalid DB index", "it has no database of this index"},
    {"ERR SELECT is not allowed in cluster mode", "a cluster has database 0 only"},
}};

constexpr size_t kMaxShown = 120;

// Up to the first quote, in printable ASCII.
std::string Shown(std::string_view error) {
  std::string shown(error.substr(0, std::min(error.find_first_of("'\"`\r\n"), kMaxShown)));
  while (shown.ends_with(' ')) shown.pop_back();
  std::ranges::replace_if(shown, [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return shown;
}

}  // namespace

std::string_view RedisErrorCode(std::string_view error) {
  const size_t end = error.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return error.substr(0, std::min(end, error.size()));
}

std::string RedisErrorPhrase(std::string_view error, std::string_view command) {
  const std::string name(command);
  for (const Meaning& meaning : kMeanings) {
    if (error.starts_with(meaning.beginning)) return std::string(meaning.phrase);
  }
  if (error.starts_with("NOPERM")) return "its user may not run " + name + " on these keys (NOPERM)";
  if (error.starts_with("WRONGTYPE")) return "a key is of a type that is not for " + name + " (WRONGTYPE)";
  if (error.starts_with("ERR unknown command")) return "it does not know the command " + name;
  return "it answered " + name + " with: " + Shown(error);
}

}  // namespace logmill
