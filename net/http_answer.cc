#include "net/http_answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "net/http_field.h"

namespace logmill {
namespace {

constexpr size_t kMostHeadBytes = size_t{64} << 10;

}  // namespace

bool HttpAnswer::Refuse(HttpFault fault, std::string text) {
  refusal_ = {fault, std::move(text)};
  return false;
}

bool HttpAnswer::RefuseLength() {
  return Refuse(HttpFault::kTooLong, "the answer is longer than the limit of " + std::to_string(max_body_bytes_) + " bytes");
}

bool HttpAnswer::TakeHeadLine(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > kMostHeadBytes) return Refuse(HttpFault::kTooLong, "the headers of the answer are too long");
  if (line.starts_with("HTTP/")) return TakeStatusLine(line);
  if (WithoutBlanks(line).empty()) head_is_whole_ = true;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  return TakeField(WithoutBlanks(line.substr(0, colon)), WithoutBlanks(line.substr(colon + 1)));
}

bool HttpAnswer::TakeStatusLine(std::string_view line) {
  head_is_whole_ = false;
  reply_.headers.clear();
  gunzip_.reset();
  const bool known = line.starts_with("HTTP/1.0 ") || line.starts_with("HTTP/1.1 ");
  return known || Refuse(HttpFault::kBroken, "what answers does not speak HTTP/1.1");
}

bool HttpAnswer::TakeField(std::string_view name, std::string_view value) {
  const HttpField& field = reply_.headers.emplace_back(LowerCase(name), std::string(value));
  if (field.name == "content-encoding") return TakeCoding(LowerCase(value));
  const bool plain = field.name != "transfer-encoding" || LowerCase(value) == "chunked" || LowerCase(value) == "identity";
  return plain || Refuse(HttpFault::kBroken, "the answer has a transfer encoding that was not asked for");
}

bool HttpAnswer::TakeCoding(std::string_view coding) {
  if (coding.empty() || coding == "identity") return true;
  const bool wanted = accept_gzip_ && gunzip_ == nullptr && (coding == "gzip" || coding == "x-gzip");
  if (!wanted) return Refuse(HttpFault::kBroken, "the answer has a content encoding that was not asked for");
  gunzip_ = std::make_unique<Gunzip>();
  return true;
}

bool HttpAnswer::TakeBody(std::string_view bytes) {
  raw_bytes_ += bytes.size();
  if (raw_bytes_ > max_body_bytes_) return RefuseLength();
  if (gunzip_ == nullptr) {
    reply_.body += bytes;
    return true;
  }
  const Gunzip::Result result = gunzip_->Append(bytes, reply_.body, max_body_bytes_);
  if (result == Gunzip::Result::kFull) return RefuseLength();
  return result == Gunzip::Result::kGood || Refuse(HttpFault::kBroken, "the answer is damaged: its gzip cannot be undone");
}

bool HttpAnswer::Finish() {
  if (!head_is_whole_) return Refuse(HttpFault::kBroken, "the answer is cut short");
  const bool whole = gunzip_ == nullptr || raw_bytes_ == 0 || gunzip_->complete();
  return whole || Refuse(HttpFault::kBroken, "the answer is cut short: its gzip does not end");
}

}  // namespace logmill
