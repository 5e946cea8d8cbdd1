// Any text and any JSON: what is looked for is gone, valid JSON stays valid with the same members, and a second time changes nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decoder.h"
#include "shipping/json_members.h"
#include "shipping/redaction.h"

namespace logmill {
namespace {

constexpr std::string_view kSecret = "anna";

std::string_view Recognise(std::string_view word) { return word.find(kSecret) == std::string_view::npos ? "" : "secret"; }

void Require(bool holds) {
  if (!holds) std::abort();
}

RedactionOptions Options() { return {.recognise = Recognise, .kinds = {"secret"}, .fields = {"a.b", "a.0", "n", "message.b"}}; }

// Both are walked together: the same members, and no secret in any string or name of `after`.
void Compare(std::string_view before, std::string_view after) {
  JsonMembers left(before);
  JsonMembers right(after);
  std::string scratch;
  while (left.Next()) {
    Require(right.Next());
    const bool renamed = TextOf(left.key(), scratch).find(kSecret) != std::string_view::npos;
    Require(renamed ? right.key().raw.find("[secret]") != std::string_view::npos : right.key().raw == left.key().raw);
    Require(TextOf(right.key(), scratch).find(kSecret) == std::string_view::npos);
    const JsonValue& value = right.value();
    if (value.kind == JsonKind::kString) Require(TextOf(value, scratch).find(kSecret) == std::string_view::npos);
    if (value.kind == JsonKind::kObject || value.kind == JsonKind::kArray) Compare(left.value().raw, value.raw);
    Require(value.kind == left.value().kind || value.raw == "[redacted]");
  }
  Require(left.valid() && !right.Next() && right.valid());
}

void CheckText(std::string_view text) {
  WordRedactor redactor(Recognise, {"secret"});
  std::string once;
  std::string twice;
  if (!redactor.Redact(text, once)) return Require(text.find(kSecret) == std::string_view::npos);
  Require(once.find(kSecret) == std::string::npos && !redactor.Redact(once, twice));
}

void CheckJson(std::string_view text) {
  Decoder decoder({.format = InputFormat::kJson, .keys = {}, .fields = {}});
  Record record;
  if (decoder.Decode(text, false, &record) != Reject::kNone || record.format != RecordFormat::kJson) return;
  Redactor redactor(Options());
  ShipRecord shipped{
      .format = RecordFormat::kJson, .message_type = record.message.type, .message = record.message.text, .line = record.line};
  if (!shipped.is_json_object()) return;
  redactor.Redact(shipped);
  Compare(record.line, shipped.line);
  const std::string line(shipped.line);
  Require(decoder.Decode(line, false, &record) == Reject::kNone);
}

}  // namespace
}  // namespace logmill

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  logmill::CheckText(text);
  logmill::CheckJson(text);
  return 0;
}
