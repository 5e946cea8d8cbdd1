// The forms of personal data that privacy_guard.h names, one function each. Any bytes, of at most kMaxLabelBytes: what is longer is a
// document.
#pragma once

#include <cstddef>
#include <string_view>

namespace logmill {

inline constexpr size_t kMaxLabelBytes = 128;

// private_payloads.cc
// JSON, a dumped object or list, XML, SQL, a data: URI, alone or inside of other text; several lines; longer than kMaxLabelBytes.
bool IsDocument(std::string_view value);
// A JSON web token, a key with a well-known prefix, what follows Bearer or Basic.
bool HasToken(std::string_view value);

// private_links.cc
// scheme://..., www., a host with a path (example.org/x) or a query.
bool HasUrl(std::string_view value);
// name@host; what follows the @ of a package is a version and passes (nest@10.4.1, bullmq@latest).
bool HasEmail(std::string_view value);

// private_addresses.cc
// A UUID, whatever single sign joins its groups, or 32 hexadecimal digits in a row.
bool HasUuid(std::string_view value);
// An IPv4, IPv6 or MAC address.
bool HasAddress(std::string_view value);

// private_paths.cc
// A path of a file system, or the name of a file as people keep them.
bool HasPath(std::string_view value);

}  // namespace logmill
