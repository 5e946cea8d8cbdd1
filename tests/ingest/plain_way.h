// The obvious slow ways, which the fast ones have to agree with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decoder.h"
#include "ingest/line_splitter.h"

namespace logmill::testing {

// A JSON value in memory.
struct Node {
  Value::Type type = Value::Type::kAbsent;
  std::string text;                // a string unescaped, anything else as written
  std::vector<std::string> names;  // of an object's items
  std::vector<Node> items;
};

// Recursive descent by the grammar of RFC 8259; nothing when the text is not valid JSON. Surrogates without a partner give U+FFFD.
// UTF-8 is not checked, nor is the depth: for texts that a stack can hold.
std::optional<Node> ParsePlainly(std::string_view text);

// The value at a path, as record.h says.
Node PlainField(const Node& object, const std::string& path);

// Whether `text` is well-formed UTF-8, byte by byte.
bool PlainUtf8(std::string_view text);

// As AppendWithoutColors() does with a text that has an ESC; any other text as it is.
std::string WithoutColorsPlainly(std::string_view line);

// "" when the decoder treats the line as the plain way does: same verdict, same values. Otherwise what differs.
// (Console heads have tests of their own and are not compared.)
std::string Disagreement(Decoder& decoder, const Decoder::Options& options, std::string_view line);

// All lines of a stream as the splitter should give them.
struct PlainLine {
  std::string text;
  uint64_t offset = 0;
  uint64_t size = 0;
  bool cut = false;
  bool terminated = true;
  bool operator==(const PlainLine&) const = default;
};
std::vector<PlainLine> SplitPlainly(std::string_view stream, size_t max_line_bytes);

// The same through a LineSplitter; `next_size` says how many bytes the next read gives (at least 1).
template <typename NextSize>
std::vector<PlainLine> SplitInPieces(std::string_view stream, size_t max_line_bytes, size_t read_bytes, NextSize next_size) {
  LineSplitter splitter({.max_line_bytes = max_line_bytes, .read_bytes = read_bytes});
  std::vector<PlainLine> lines;
  const auto keep = [&](const Line& line) { lines.push_back({std::string(line.text), line.offset, line.size, line.cut, line.terminated}); };
  Line line;
  while (!stream.empty()) {
    const std::span<char> room = splitter.Room();
    const size_t size = std::min({room.size(), stream.size(), std::max<size_t>(next_size(), 1)});
    std::copy_n(stream.data(), size, room.data());
    stream.remove_prefix(size);
    splitter.Advance(size);
    while (splitter.Next(&line)) keep(line);
  }
  if (splitter.Finish(&line)) keep(line);
  return lines;
}

}  // namespace logmill::testing
