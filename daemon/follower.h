// A stream that a worker follows, and what the worker knows about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "daemon/stream.h"

namespace logmill {

struct Follower {
  Follower(std::unique_ptr<Source> input, StreamContext& context, size_t of, std::string at)
      : stream(std::move(input), context), source(of), path(std::move(at)) {}

  Stream stream;
  size_t source;           // entry of `sources`
  std::string path;        // of a file whose changes the watcher tells; "" otherwise
  FileId file;             // when it was found
  uint64_t backlog = 0;    // position up to which there was something at the start; 0 once it is reached
  uint64_t lag_bytes = 0;  // at the last look
  bool ready = false;      // these three are the Schedule's: in which of its lists it is
  bool restless = false;
  bool held_back = false;
  bool ended = false;  // to be removed
  std::string last_error;
};

}  // namespace logmill
