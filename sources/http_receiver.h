// Log lines by HTTP: POST of newline-delimited JSON or text, one envelope a record.
//
//   POST /logs                     Content-Type: application/x-ndjson or text/plain: a record a line; empty lines are ignored
//   Authorization: Bearer TOKEN    Content-Type: application/json: objects, and arrays of objects
//   Content-Encoding: gzip         (or none)
//
// All records of a request are taken or none:
//
//   200 {"accepted":N}      they are in the queue, in memory. They are counted soon, and in a checkpoint a few seconds later
//   429, 503, Retry-After   no room now, or the program is stopping: send it again later
//   400 401 404 405 408 411 413 415   {"error":"what is wrong and what would be right"}: the same again would be refused again
//
// Not replayable: what was answered with 200 and is not in a checkpoint yet is lost with the process. The key of the envelopes is the
// client's address, so that lines of two clients are never joined.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "sources/feed.h"

namespace logmill {

struct HttpSourceOptions {
  std::string listen = "127.0.0.1:8088";    // as HttpListener::address
  std::string path = "/logs";               // the only one that is served
  size_t max_body_bytes = size_t{4} << 20;  // as sent, and after decompression
  // Of an envelope, so of a record without its some 60 further bytes, and with its quotes and backslashes counted twice. A longer one: 413,
  // and nothing of the request is taken. Whoever reads the feed has to take such lines.
  size_t max_line_bytes = size_t{1} << 20;
  size_t max_connections = 1024;                   // and at most half of the process's limit of open files
  std::chrono::milliseconds body_timeout{30'000};  // from the head of a request to the end of its body
  std::string token = {};                          // what has to follow "Authorization: Bearer "; "": everybody is let in
  std::string setting = {};                        // what a user changes to move the port, for error texts; may be ""
};

// Binds and starts the thread; or says why not: "127.0.0.1:8088: address already in use: ...". `feed` and `clock` outlive the receiver.
std::expected<std::unique_ptr<Receiver>, std::string> StartHttpSource(HttpSourceOptions options, Feed& feed, const Clock& clock);

}  // namespace logmill
