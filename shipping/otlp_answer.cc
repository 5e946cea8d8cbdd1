#include "shipping/otlp_answer.h"

#include <charconv>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string_view>

#include "shipping/http_verdict.h"
#include "shipping/json_members.h"

namespace logmill {
namespace {

bool IsProtobuf(const HttpReply& reply) { return reply.Header("content-type").starts_with("application/x-protobuf"); }
bool IsJson(const HttpReply& reply) { return reply.Header("content-type").starts_with("application/json"); }

uint64_t NotNegative(int64_t number) { return number < 0 ? 0 : static_cast<uint64_t>(number); }

// ExportLogsPartialSuccess: 1 rejected_log_records, 2 error_message.
OtlpAnswer ReadPartial(protozero::pbf_reader message) {
  OtlpAnswer answer;
  while (message.next()) {
    if (message.tag_and_type() == protozero::tag_and_type(1, protozero::pbf_wire_type::varint)) {
      answer.rejected = NotNegative(message.get_int64());
    } else if (message.tag_and_type() == protozero::tag_and_type(2, protozero::pbf_wire_type::length_delimited)) {
      answer.words = Excerpt(message.get_string());
    } else {
      message.skip();
    }
  }
  return answer;
}

// The message in field `field`, if there is one. False when it is no protobuf.
template <typename Take>
bool ForField(std::string_view body, protozero::pbf_tag_type field, const Take& take) {
  protozero::pbf_reader message(body.data(), body.size());
  try {
    while (message.next()) {
      if (message.tag_and_type() == protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited)) {
        take(message.get_view());
      } else {
        message.skip();
      }
    }
  } catch (const protozero::exception&) {
    return false;
  }
  return true;
}

// 3 or "3": an int64 is a string in the JSON mapping, but not everybody knows.
uint64_t ReadCount(const JsonValue& value) {
  int64_t number = 0;
  const std::from_chars_result read = std::from_chars(value.raw.data(), value.raw.data() + value.raw.size(), number);
  return read.ec == std::errc() ? NotNegative(number) : 0;
}

OtlpAnswer ReadJsonPartial(std::string_view object) {
  OtlpAnswer answer;
  std::string scratch;
  JsonMembers members(object);
  while (members.Next()) {
    if (members.key().Means("rejectedLogRecords")) answer.rejected = ReadCount(members.value());
    if (members.key().Means("errorMessage")) answer.words = Excerpt(TextOf(members.value(), scratch));
  }
  return answer;
}

}  // namespace

std::optional<OtlpAnswer> ReadOtlpAnswer(const HttpReply& reply) {
  OtlpAnswer answer;
  if (IsBrokenJson(reply) && !IsProtobuf(reply)) return std::nullopt;
  if (IsJson(reply)) {
    JsonMembers members(reply.body);
    while (members.Next()) {
      if (members.key().Means("partialSuccess") && members.value().kind == JsonKind::kObject) answer = ReadJsonPartial(members.value().raw);
    }
  } else if (IsProtobuf(reply)) {
    const bool whole = ForField(reply.body, 1, [&](protozero::data_view partial) { answer = ReadPartial(protozero::pbf_reader(partial)); });
    if (!whole) return std::nullopt;
  }
  return answer;
}

std::string ReadOtlpStatus(const HttpReply& reply) {
  std::string words;
  std::string scratch;
  if (IsProtobuf(reply)) {
    ForField(reply.body, 2, [&](protozero::data_view message) { words = Excerpt({message.data(), message.size()}); });
    return words;
  }
  JsonMembers members(IsJson(reply) ? std::string_view(reply.body) : std::string_view());
  while (members.Next()) {
    if (members.key().Means("message") && members.value().kind == JsonKind::kString) words = Excerpt(TextOf(members.value(), scratch));
  }
  return words.empty() ? Excerpt(reply.body) : words;
}

}  // namespace logmill
