#include "rules/record_view.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "rules/filters.h"

namespace logmill {
namespace {

using Kind = ConditionSpec::Kind;
using Subject = ConditionSpec::Subject;

bool IsAscii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080U;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & kHighBits) != 0) return false;
  }
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

struct SubjectText {
  std::string_view text;
  bool exists;
};

SubjectText TextOf(const Value& value) { return {value.text, !value.absent() && value.type != Value::Type::kNull}; }

SubjectText TextOf(const CompiledCondition& condition, const Record& record) {
  switch (condition.spec.subject) {
    case Subject::kLevel:
      return {record.level, !record.level.empty()};
    case Subject::kContext:
      return {record.context, !record.context.empty()};
    case Subject::kMessage:
      return TextOf(record.message);
    case Subject::kField:
      break;
  }
  return condition.field < record.fields.size() ? TextOf(record.fields[condition.field]) : SubjectText{{}, false};
}

bool OneOf(const std::vector<std::string>& values, std::string_view text) {
  return std::any_of(values.begin(), values.end(), [text](const std::string& value) { return value == text; });
}

void AppendNumber(std::optional<int64_t> number, std::string& out) {
  if (!number) return;
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, *number).ptr);
}

bool IsNumber(TemplatePiece::Kind kind) { return kind == TemplatePiece::Kind::kPid || kind == TemplatePiece::Kind::kTimestamp; }

// The template's text before filters; a view of the record where nothing has to be built.
std::string_view Fill(const LabelTemplate& labels, const RecordView& view, std::string& scratch) {
  if (labels.pieces.size() == 1 && !IsNumber(labels.pieces[0].kind)) return PieceText(labels.pieces[0], view);
  scratch.clear();
  for (const TemplatePiece& piece : labels.pieces) {
    if (piece.kind == TemplatePiece::Kind::kPid) {
      AppendNumber(view.record.pid, scratch);
    } else if (piece.kind == TemplatePiece::Kind::kTimestamp) {
      AppendNumber(view.record.timestamp_ms, scratch);
    } else {
      scratch += PieceText(piece, view);
    }
  }
  return scratch;
}

}  // namespace

RecordView ViewOf(const Record& record, std::span<std::string_view> captures) {
  return {record, record.format == RecordFormat::kJson || IsAscii(record.message.text), captures};
}

std::string_view PieceText(const TemplatePiece& piece, const RecordView& view) {
  const Record& record = view.record;
  switch (piece.kind) {
    case TemplatePiece::Kind::kLiteral:
      return piece.text;
    case TemplatePiece::Kind::kCapture:
      return view.captures[piece.slot];
    case TemplatePiece::Kind::kLevel:
      return record.level;
    case TemplatePiece::Kind::kContext:
      return record.context;
    case TemplatePiece::Kind::kMessage:
      return TextOf(record.message).exists ? record.message.text : std::string_view();
    case TemplatePiece::Kind::kFormat:
      return record.format == RecordFormat::kJson ? "json" : "text";
    case TemplatePiece::Kind::kField: {
      if (piece.slot >= record.fields.size()) return {};
      const SubjectText field = TextOf(record.fields[piece.slot]);
      return field.exists ? field.text : std::string_view();
    }
    default:
      return {};
  }
}

bool Holds(const CompiledCondition& condition, const RecordView& view) {
  const SubjectText subject = TextOf(condition, view.record);
  switch (condition.spec.kind) {
    case Kind::kIs:
      return (subject.exists || condition.spec.subject != Subject::kField) && OneOf(condition.spec.values, subject.text);
    case Kind::kNot:
      return subject.exists && !OneOf(condition.spec.values, subject.text);
    case Kind::kContains:
      return subject.exists && subject.text.find(condition.spec.values[0]) != std::string_view::npos;
    case Kind::kExists:
      return subject.exists == condition.spec.exists;
    case Kind::kMatches:
      break;
  }
  if (!subject.exists) return false;
  const auto captures = view.captures.subspan(condition.first_capture, condition.pattern->groups());
  return condition.pattern->Match(subject.text, view.valid_utf8, captures);
}

std::string_view Render(const LabelTemplate& labels, const RecordView& view, RenderBuffer& buffer) {
  const std::string_view text = Fill(labels, view, buffer.text);
  if (labels.filters.empty()) return text;
  if (text.data() != buffer.text.data()) buffer.text.assign(text);
  RunFilters(labels.filters, &buffer.text, &buffer.scratch);
  return buffer.text;
}

std::optional<double> RenderNumber(const LabelTemplate& value, const RecordView& view, RenderBuffer& buffer) {
  const std::string_view text = Fill(value, view, buffer.text);
  if (value.filters.empty()) return ParseNumber(text);
  if (text.data() != buffer.text.data()) buffer.text.assign(text);
  return RunValueFilters(value.filters, &buffer.text, &buffer.scratch);
}

}  // namespace logmill
