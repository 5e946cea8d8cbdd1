// What Redis' errors mean, in words for people.
#pragma once

#include <string>
#include <string_view>

namespace logmill {

// The word that an error reply begins with: "NOAUTH", "WRONGTYPE", "ERR"; "" when there is none. Only the capital letters of it.
std::string_view RedisErrorCode(std::string_view error);

// A phrase to stand behind "redis at ...: ". `command` is the name of the command that was refused. Nothing that the server may repeat of
// what it was sent (arguments, which stand in quotes) is in it: AUTH's are secrets.
std::string RedisErrorPhrase(std::string_view error, std::string_view command);

}  // namespace logmill
