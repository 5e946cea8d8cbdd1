// The body of a request → its records: decompressed and split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

// Why a request is refused: an HTTP status and one sentence that says what is wrong and what would be right.
struct HttpRefusal {
  unsigned status;
  std::string sentence;
};

// The text of a gzip body; 413 when it has more than `most_bytes`, of which no more than that is ever held; 400 when it is damaged or ends
// too early.
std::expected<std::string, HttpRefusal> Gunzipped(std::string_view body, size_t most_bytes);

// What a Content-Type says about how records stand in the body.
enum class HttpRecordForm : uint8_t { kLines, kJson };
// 415 for a type that is not served. Parameters do not matter; none at all means lines.
std::expected<HttpRecordForm, HttpRefusal> FormOf(std::string_view content_type);

// Visits the records, views of `body`: lines that are not empty, without their line ends; or JSON objects, of arrays or by themselves, with
// white space or nothing between them. Whether an object is right inside is left to the decoder. 413 for one that is longer than
// `max_line_bytes`, or that `visit` finds too long (false); 400 for what is no object; some may have been visited before that is found out.
// Linear.
std::optional<HttpRefusal> SplitRecords(std::string_view body, HttpRecordForm form, size_t max_line_bytes,
                                        const std::function<bool(std::string_view record)>& visit);

}  // namespace logmill
