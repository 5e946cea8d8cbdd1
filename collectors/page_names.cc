#include "collectors/page_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace logmill {
namespace {

using ShownType = prometheus::MetricType;  // logmill has a MetricType of its own

constexpr std::string_view kCreated = "_created";
constexpr std::string_view kTotal = "_total";

}  // namespace

PageNames::Type PageNames::TypeOf(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Type>, 9> kWords{{{"counter", Type::kCounter},
                                                                     {"gauge", Type::kGauge},
                                                                     {"histogram", Type::kHistogram},
                                                                     {"gaugehistogram", Type::kGaugeHistogram},
                                                                     {"summary", Type::kSummary},
                                                                     {"info", Type::kInfo},
                                                                     {"stateset", Type::kStateSet},
                                                                     {"unknown", Type::kUnknown},
                                                                     {"untyped", Type::kUnknown}}};
  const auto* found = std::ranges::find(kWords, word, [](const auto& pair) { return pair.first; });
  return found == kWords.end() ? Type::kNone : found->second;
}

bool PageNames::DeclareType(std::string_view name, std::string_view word) {
  const Type type = TypeOf(word);
  if (type == Type::kNone) return false;
  Declared& declared = declared_[name];
  if (declared.type == Type::kNone) declared.type = type;
  return declared.type == type;
}

void PageNames::DeclareHelp(std::string_view name, std::string_view text) {
  Declared& declared = declared_[name];
  if (!declared.help) declared.help = text;
}

std::string_view PageNames::Help(std::string_view declared) const {
  const auto found = declared_.find(declared);
  return found == declared_.end() ? std::string_view() : found->second.help.value_or("");
}

std::string_view PageNames::NameForReports(std::string_view sample) const {
  return declared_.contains(Meaning(sample).declared) ? sample : std::string_view();
}

PageNames::Type PageNames::Find(std::string_view name) const {
  const auto found = declared_.find(name);
  return found == declared_.end() ? Type::kNone : found->second.type;
}

ShownType PageNames::ShownAs(Type type) {
  switch (type) {
    case Type::kCounter:
      return ShownType::Counter;
    case Type::kHistogram:
      return ShownType::Histogram;
    case Type::kSummary:
      return ShownType::Summary;
    case Type::kNone:
    case Type::kUnknown:
      return ShownType::Untyped;
    case Type::kGauge:
    case Type::kGaugeHistogram:
    case Type::kInfo:
    case Type::kStateSet:
      return ShownType::Gauge;
  }
  return ShownType::Untyped;
}

std::optional<SampleMeaning> PageNames::OwnMeaning(Type type, std::string_view sample) {
  if (type == Type::kNone) return std::nullopt;
  SampleRole role = SampleRole::kValue;
  if (type == Type::kHistogram || type == Type::kGaugeHistogram) role = SampleRole::kNone;
  if (type == Type::kSummary) role = SampleRole::kQuantile;
  return SampleMeaning{role, ShownAs(type), sample, sample};
}

std::optional<SampleRole> PageNames::PartRole(Type type, std::string_view suffix) {
  const auto is = [&](Type of, std::string_view name) { return type == of && suffix == name; };
  const bool counted = type == Type::kHistogram || type == Type::kSummary;
  if (is(Type::kHistogram, "_bucket")) return SampleRole::kBucket;
  if (counted && suffix == "_sum") return SampleRole::kSum;
  if (counted && suffix == "_count") return SampleRole::kCount;
  if (is(Type::kCounter, kTotal) || is(Type::kInfo, "_info") || is(Type::kGaugeHistogram, "_bucket") ||
      is(Type::kGaugeHistogram, "_gcount") || is(Type::kGaugeHistogram, "_gsum")) {
    return SampleRole::kValue;
  }
  return std::nullopt;
}

// The text format of some client libraries shows them as families of their own, with a TYPE.
bool PageNames::IsCreated(std::string_view sample) const {
  if (!sample.ends_with(kCreated)) return false;
  std::string_view base = sample.substr(0, sample.size() - kCreated.size());
  const Type type = Find(base);
  if (type == Type::kCounter || type == Type::kHistogram || type == Type::kSummary) return true;
  if (Find(std::string(base).append(kTotal)) == Type::kCounter) return true;
  if (!base.ends_with(kTotal)) return false;
  base.remove_suffix(kTotal.size());
  return Find(base) == Type::kCounter;
}

SampleMeaning PageNames::Meaning(std::string_view sample) const {
  if (IsCreated(sample)) return {SampleRole::kCreated, ShownType::Gauge, sample, sample};
  if (const auto own = OwnMeaning(Find(sample), sample)) return *own;
  const size_t cut = sample.rfind('_');
  if (cut != std::string_view::npos) {
    const std::string_view base = sample.substr(0, cut);
    const Type type = Find(base);
    if (const auto role = PartRole(type, sample.substr(cut))) {
      return {*role, ShownAs(type), *role == SampleRole::kValue ? sample : base, base};
    }
  }
  return {SampleRole::kValue, ShownType::Untyped, sample, sample};
}

}  // namespace logmill
