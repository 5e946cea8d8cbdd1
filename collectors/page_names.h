// What the names of a page's samples mean: which family they belong to, and as what. Known from its HELP and TYPE lines, wherever they
// stand.
#pragma once

#include <prometheus/metric_type.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/label_set.h"

namespace logmill {

// What a sample is to its family.
enum class SampleRole : uint8_t {
  kValue,     // of a counter, gauge or untyped family
  kQuantile,  // of a summary
  kBucket,    // of a histogram
  kSum,
  kCount,
  kCreated,  // a time of creation: not shown
  kNone,     // a histogram has no sample of its own name
};

struct SampleMeaning {
  SampleRole role = SampleRole::kValue;
  prometheus::MetricType type = prometheus::MetricType::Untyped;
  std::string_view family;    // the name that the family has in the text format; a view of the sample's name
  std::string_view declared;  // the name that its TYPE and HELP stand under; likewise
};

// Views into the page.
class PageNames {
 public:
  // False for a word that is no type, and for another type than the one declared first.
  bool DeclareType(std::string_view name, std::string_view word);
  // The first one counts.
  void DeclareHelp(std::string_view name, std::string_view text);

  [[nodiscard]] SampleMeaning Meaning(std::string_view sample) const;
  // The name, when it is declared by a TYPE or HELP, else "": then the line may be anything, even data that nobody is to read.
  [[nodiscard]] std::string_view NameForReports(std::string_view sample) const;
  // The HELP text of a family as it stands in the page, "" without.
  [[nodiscard]] std::string_view Help(std::string_view declared) const;

 private:
  enum class Type : uint8_t { kNone, kCounter, kGauge, kHistogram, kGaugeHistogram, kSummary, kInfo, kStateSet, kUnknown };
  struct Declared {
    Type type = Type::kNone;
    std::optional<std::string_view> help;
  };

  static Type TypeOf(std::string_view word);
  static std::optional<SampleMeaning> OwnMeaning(Type type, std::string_view sample);
  static std::optional<SampleRole> PartRole(Type type, std::string_view suffix);
  static prometheus::MetricType ShownAs(Type type);
  [[nodiscard]] Type Find(std::string_view name) const;
  [[nodiscard]] bool IsCreated(std::string_view sample) const;

  ViewMap<Declared> declared_;
};

}  // namespace logmill
