// An answer as it comes, within its limits. Internal to net/.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "net/gunzip.h"
#include "net/http_client.h"

namespace logmill {

// Everything that fails does so once and for good: refusal() says why, and nothing more is to be given.
class HttpAnswer {
 public:
  HttpAnswer(size_t max_body_bytes, bool accept_gzip) : max_body_bytes_(max_body_bytes), accept_gzip_(accept_gzip) {}

  // A line of a head, with its end; status lines begin another head (after 100 Continue). False: stop.
  bool TakeHeadLine(std::string_view line);
  // A piece of the body. False: stop.
  bool TakeBody(std::string_view bytes);
  // No more will come. False: what came is not whole.
  bool Finish();
  // The body would be too long. Always false.
  bool RefuseLength();

  // `text` goes on from "URL: ".
  [[nodiscard]] const std::optional<HttpError>& refusal() const { return refusal_; }
  // Status and retry_after are not filled in here.
  HttpReply& reply() { return reply_; }

 private:
  bool TakeStatusLine(std::string_view line);
  bool TakeField(std::string_view name, std::string_view value);
  bool TakeCoding(std::string_view coding);
  bool Refuse(HttpFault fault, std::string text);

  const size_t max_body_bytes_;
  const bool accept_gzip_;
  bool head_is_whole_ = false;
  size_t head_bytes_ = 0;  // of all heads
  size_t raw_bytes_ = 0;   // of the body, before decompression
  std::unique_ptr<Gunzip> gunzip_;
  HttpReply reply_;
  std::optional<HttpError> refusal_;
};

}  // namespace logmill
