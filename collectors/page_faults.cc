#include "collectors/page_faults.h"

#include <utility>

namespace logmill {
namespace {

struct FaultText {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<FaultText, kPageFaultCount> kTexts{{
    {"line", "lines that are no samples are left out"},
    {"value", "samples without a possible value are left out"},
    {"label", "samples with impossible labels are left out"},
    {"too_long", "samples with too long names or values or too many labels are left out"},
    {"duplicate", "of samples that stand there twice the first counts"},
    {"unsound", "series that are not whole are left out"},
    {"clash", "families with the sample names of others are left out"},
    {"too_many", "series beyond the limit are left out"},
}};

constexpr size_t kMostNameBytes = 128;

}  // namespace

std::string_view PageFaultName(PageFault fault) { return kTexts[static_cast<size_t>(fault)].name; }

void PageFaults::Count(PageFault fault, size_t line, std::string_view family, std::string_view reason) {
  PageFaultCount& counted = faults_[static_cast<size_t>(fault)];
  if (counted.count++ == 0) {
    counted.first_line = line;
    counted.family = family.substr(0, kMostNameBytes);
    counted.reason = reason;
  }
}

uint64_t PageFaults::total() const {
  uint64_t total = 0;
  for (const PageFaultCount& counted : faults_) total += counted.count;
  return total;
}

std::vector<std::string> PageFaults::Notices() const {
  std::vector<std::string> notices;
  for (size_t i = 0; i < kPageFaultCount; ++i) {
    const PageFaultCount& counted = faults_[i];
    if (counted.count == 0) continue;
    std::string sentence(kTexts[i].sentence);
    sentence += ": " + counted.reason;
    if (!counted.family.empty()) sentence += " (first of all " + counted.family + ')';
    notices.push_back(std::move(sentence));
  }
  return notices;
}

}  // namespace logmill
