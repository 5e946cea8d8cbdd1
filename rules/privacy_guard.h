// Recognises personal data in label values. docs/rules.md, "Labels and privacy".
#pragma once

#include <cstdint>
#include <string_view>

namespace logmill {

enum class PrivateKind : uint8_t {
  kNone,
  kEmail,       // a@b.org or a@b anywhere in the text, also with %40
  kIp,          // an IPv4, IPv6 or MAC address anywhere in the text, with or without port
  kPath,        // an absolute path, a relative one of three parts or with a file name, a Windows path, the name of a personal file (x.jpg)
  kUrl,         // scheme://..., www. or a host with a path anywhere in the text
  kUuid,        // a UUID, or 32 hexadecimal digits in a row, anywhere in the text
  kDocument,    // JSON, a dumped object or list, XML, SQL, data:, more than one line, or longer than 128 bytes
  kToken,       // a JSON web token, a key with a well-known prefix, what follows Bearer
  kNotAUserId,  // of ClassifyUserId() alone
};

// Label value of logmill_label_values_replaced_total{kind}: "email", "ip", ..., "not_a_user_id"; "none".
std::string_view PrivateKindName(PrivateKind kind);

// What takes the place of a private value.
inline constexpr char kReplacedValue[] = "other";

// What `value` gives away, in linear time; any bytes. kNone for kReplacedValue and kOverflowValue.
PrivateKind Classify(std::string_view value);

// The same for labels named user_id: kNone for a UUID and for the empty text (no label), kNotAUserId for all else.
PrivateKind ClassifyUserId(std::string_view value);

}  // namespace logmill
