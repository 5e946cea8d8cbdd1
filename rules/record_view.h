// What conditions and templates see of one record: its parts, and the captures that the rule at work has filled in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/record.h"
#include "rules/label_template.h"
#include "rules/rule_set.h"

namespace logmill {

// Valid as long as the record and the captures.
struct RecordView {
  const Record& record;
  bool valid_utf8;                       // the message is
  std::span<std::string_view> captures;  // of the rule at work
};

// Makes the view; looks once at a text record's bytes.
RecordView ViewOf(const Record& record, std::span<std::string_view> captures);

// Whether the condition holds; fills in its captures when it is a regex that matches.
bool Holds(const CompiledCondition& condition, const RecordView& view);

// What one piece of a template stands for in this record, before filters. Empty for numbers ($pid, $timestamp).
std::string_view PieceText(const TemplatePiece& piece, const RecordView& view);

// What templates are built in; kept to save allocations.
struct RenderBuffer {
  std::string text;
  std::string scratch;
};

// The template's text, filters applied: a view of the record where nothing has to be built, of `buffer` otherwise.
std::string_view Render(const LabelTemplate& labels, const RecordView& view, RenderBuffer& buffer);

// The template as the value of a metric; nothing when it is no finite number.
std::optional<double> RenderNumber(const LabelTemplate& value, const RecordView& view, RenderBuffer& buffer);

}  // namespace logmill
