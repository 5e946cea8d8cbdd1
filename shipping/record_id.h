// What a record is known by wherever it goes: the same each time it is read, and of no other record.
//
// A store that has a record already recognises it by this (Elasticsearch: _id), and so do we when a crash makes us read it again.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logmill {

struct RecordId {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const RecordId&) const = default;
};

// Where records come from: one file through all its names, or one receiver.
using OriginId = uint64_t;

// From what tells origins apart, in one text.
OriginId MakeOriginId(std::string_view identity);

// `place`: where in its origin the record begins: the offset of its line, or a hash of what came with it where offsets are not those of
// another life. `text`: the record's line.
RecordId MakeRecordId(OriginId origin, uint64_t place, std::string_view text);

// Of any bytes, for `place`.
uint64_t HashPlace(std::string_view bytes);

// 22 characters of A-Z a-z 0-9 - _ (RFC 4648, base64url without padding); for an Elasticsearch _id, a URL or a label.
std::string FormatRecordId(const RecordId& id);

}  // namespace logmill
