// Takes personal data and secrets out of records before they reach the disk: by what words look like, and by where values stand.
// docs/shipping.md, "Redaction".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shipping/json_redaction.h"
#include "shipping/ship_record.h"
#include "shipping/word_redaction.h"

namespace logmill {

struct RedactionOptions {
  RecogniseWord recognise = {};          // none: nothing is looked for
  std::vector<std::string> kinds = {};   // of those that it knows, which are taken out
  std::vector<std::string> fields = {};  // paths as FieldPaths (ingest/record.h) has them; "message" and "context" stand for every
                                         // record's. A message that stands under another key in the line has to be named by that one, too
};

// One thread; the counts are read by any.
class Redactor {
 public:
  explicit Redactor(RedactionOptions options);

  [[nodiscard]] bool active() const { return !words_.kinds().empty() || !fields_.empty(); }
  // Changes the texts of `record`: message (which becomes a string where `fields` name it), context, line, and a level that is none of
  // ours. Then they may be views into this redactor's buffers, valid until the next call. A JSON line stays valid JSON, with the same
  // members in the same order. Linear in the record's size.
  void Redact(ShipRecord& record);

  // Words that were taken out, of line, message and context, by kind; and last of all "field": values of lines.
  [[nodiscard]] std::vector<std::pair<std::string, uint64_t>> Counts() const;

 private:
  [[nodiscard]] bool Wants(std::string_view field) const;
  // [redacted], or without its words.
  std::string_view RedactText(std::string_view field, std::string_view text, std::string& buffer);
  void RedactMessage(ShipRecord& record);

  WordRedactor words_;
  const std::vector<std::string> fields_;
  const std::vector<std::string> message_fields_;
  JsonRedactor json_;
  JsonRedactor message_json_;
  std::string context_;
  std::string level_;
  std::string message_;
};

}  // namespace logmill
