// A rule file as data: read, checked in itself and resolved, but not compiled. Every part knows its place for later messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/telemetry.h"
#include "ingest/record.h"
#include "metrics/family.h"
#include "rules/label_template.h"

namespace logmill {

// What one part of a record has to be.
struct ConditionSpec {
  enum class Kind : uint8_t { kIs, kNot, kMatches, kContains, kExists };
  enum class Subject : uint8_t { kLevel, kContext, kMessage, kField };
  Subject subject = Subject::kMessage;
  std::string field;  // path, for kField
  Kind kind = Kind::kMatches;
  std::vector<std::string> values;    // kIs, kNot: any of; kMatches, kContains: one
  bool exists = true;                 // kExists
  Place place;                        // of the value
  std::vector<std::string> captures;  // kMatches: named groups of the regex, "" for unnamed ones, in RE2's numbering from 1
};

struct MetricSpec {
  FamilySpec family;                  // endpoint and max_series filled in
  std::vector<LabelTemplate> labels;  // as family.label_names
  std::optional<LabelTemplate> value;
  Place place;
};

struct RuleTestSpec {
  std::vector<std::string> lines;
  std::vector<std::string> expect;  // samples in exposition syntax; empty: the rule must not match
  Place place;
};

struct RuleSpec {
  std::string name;
  Group group = Group::kApp;
  std::optional<RecordFormat> format;
  std::vector<ConditionSpec> conditions;
  bool captures_known = true;  // false: a part of `when` could not be read, so names in templates may be captures of it
  std::vector<MetricSpec> metrics;
  bool ship = true;  // false: what it matches goes to no log store
  std::vector<RuleTestSpec> tests;
  Place place;
};

}  // namespace logmill
