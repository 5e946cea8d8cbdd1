// Whether a text is valid JSON, decided by simdjson's DOM parser, and why not. The one place that includes simdjson.
#pragma once

#include <memory>
#include <string_view>

#include "ingest/decoder.h"

namespace logmill::json {

bool ValidUtf8(std::string_view text);

// Reuses its buffers, which grow to the longest text it has seen (about 15 bytes a byte). One thread.
class Checker {
 public:
  Checker();
  ~Checker();

  // kNone when the text is an object that simdjson accepts, or would accept if its numbers fitted into 64 bits (a double's range) and
  // its \u surrogates had their partners. Linear in the size of the text.
  Reject Check(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace logmill::json
