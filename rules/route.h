// URLs and paths as routes: bounded, harmless text for a label.
#pragma once

#include <string>
#include <string_view>

namespace logmill {

// Appends the route of `url`: without scheme, host, query and fragment, at most 8 segments (the rest becomes `/...`). A segment stays when
// it is a plain word of at most 32 bytes and becomes `:id` otherwise; empty segments are dropped. Plain words are
//   lower-case words, which `-` and `_` may join, each begun by a letter, with at most two digits: api, pin-code, v1, oauth2, .well-known
//   camelCase words of letters alone, four letters a word on average: petDetection, validateToken, updateMe
// Numbers, UUIDs, hashes, e-mails, file names, escapes, other alphabets and placeholders (`:name`) are therefore `:id`. The route of a
// route is itself. Empty text stays empty.
void AppendRoute(std::string_view url, std::string* out);

}  // namespace logmill
