// Reads the logs of containers from a Docker engine (or what speaks its API), over its Unix socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sources/feed.h"
#include "sources/source.h"

namespace logmill {

struct DockerOptions {
  std::string socket = "/var/run/docker.sock";
  // Which containers: those with one of `names` (shell patterns) and all of `labels` ("key" or "key=value"); neither: all, but the one
  // that this program runs in.
  std::vector<std::string> names = {};
  std::vector<std::string> labels = {};
  // Of containers that the first list shows and no earlier life has seen. What comes later is read from its start.
  StartAt start = StartAt::kStart;
  size_t max_line_bytes = size_t{1} << 20;       // of an envelope; longer messages are cut, and say so
  size_t max_containers = 1000;                  // further ones are not followed, which is trouble
  std::chrono::milliseconds list_every{30'000};  // although the engine says what changes: a busy one may leave something out
  std::chrono::milliseconds first_retry{200};    // doubled each time, with jitter, up to:
  std::chrono::milliseconds longest_retry{30'000};
  std::chrono::milliseconds patience{10'000};  // for an engine that does not answer at the start: then it holds up nobody any more
};

// Starts to read. Each message goes into `feed` as one envelope (key: the id's first 12 characters and "/stdout" or "/stderr"), exactly
// once, across restarts of the container, of the engine and, by the feed's cursors, of this program. A container with the name of one that
// was removed is another one. A full feed stops the reading, nothing is dropped. Trouble is said once, until it is over. Caught up: the
// logs of all containers that were there have been read to their end as of then, or cannot be read. `feed` and `clock` outlive the
// receiver. An error only when the options make no sense: an engine that is not there is waited for.
std::expected<std::unique_ptr<Receiver>, std::string> StartDocker(DockerOptions options, Feed& feed, const Clock& clock);

}  // namespace logmill
