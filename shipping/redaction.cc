#include "shipping/redaction.h"

#include <algorithm>
#include <utility>

#include "logging/schema.h"

namespace logmill {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::string_view kInMessage = "message.";

// Of those that lead into an object that is the message.
std::vector<std::string> PathsInMessage(const std::vector<std::string>& fields) {
  std::vector<std::string> paths;
  for (const std::string& field : fields) {
    if (field.starts_with(kInMessage)) paths.push_back(field.substr(kInMessage.size()));
  }
  return paths;
}

}  // namespace

Redactor::Redactor(RedactionOptions options)
    : words_(std::move(options.recognise), std::move(options.kinds)),
      fields_(std::move(options.fields)),
      message_fields_(PathsInMessage(fields_)),
      json_(words_, fields_),
      message_json_(words_, message_fields_) {}

bool Redactor::Wants(std::string_view field) const { return std::ranges::find(fields_, field) != fields_.end(); }

void Redactor::Redact(ShipRecord& record) {
  const bool object = record.is_json_object();
  RedactMessage(record);
  record.context = RedactText("context", record.context, context_);
  if (!LogLevelFromName(record.level)) record.level = RedactText("level", record.level, level_);
  record.line = object ? json_.Redact(record.line) : record.message;
}

std::string_view Redactor::RedactText(std::string_view field, std::string_view text, std::string& buffer) {
  if (Wants(field) && !text.empty()) return kRedacted;
  return words_.Redact(text, buffer) ? std::string_view(buffer) : text;
}

void Redactor::RedactMessage(ShipRecord& record) {
  if (Wants("message") && record.message_type != Value::Type::kAbsent) {
    record.message = kRedacted;
    record.message_type = Value::Type::kString;
  } else if (record.message_type == Value::Type::kObject || record.message_type == Value::Type::kArray) {
    record.message = message_json_.Redact(record.message);
  } else if (record.message_type == Value::Type::kString && words_.Redact(record.message, message_)) {
    record.message = message_;
  }
}

std::vector<std::pair<std::string, uint64_t>> Redactor::Counts() const {
  std::vector<std::pair<std::string, uint64_t>> counts;
  for (size_t i = 0; i < words_.kinds().size(); ++i) counts.emplace_back(words_.kinds()[i], words_.count(i));
  if (!fields_.empty()) counts.emplace_back("field", json_.fields());
  return counts;
}

}  // namespace logmill
