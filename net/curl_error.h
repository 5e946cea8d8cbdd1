// What libcurl says went wrong, in our words. Internal to net/.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "net/http_client.h"

namespace logmill {

// `detail` is what libcurl left in its error buffer. The text goes on from "URL: ", is the same each time for the same fault, and holds
// control characters neither of ours nor of the server's.
HttpError ErrorOfCurl(CURL* easy, CURLcode code, std::string_view detail);

}  // namespace logmill
