// Takes secrets out of words: what a server says may repeat what we sent.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_client.h"

namespace logmill {

// One thread.
class SecretMask {
 public:
  // The values of headers that by their names hold a secret ("Authorization", "DD-API-KEY", "Cookie"...), as a whole and what follows the
  // scheme: "Splunk TOKEN".
  void LearnHeaders(std::span<const HttpField> headers);
  // Password and token, from the files, too, and how they look in a header; those in the URL as well. What cannot be read is no secret that
  // was sent.
  void LearnCredentials(const HttpCredentials& credentials, const std::string& url);

  // Each secret of at least `least` characters becomes "[secret]". A shorter one is too likely to be a word.
  [[nodiscard]] std::string Hide(std::string text, size_t least = 4) const;

 private:
  void Learn(std::string_view secret);

  std::vector<std::string> secrets_;
};

}  // namespace logmill
