// What was left out of a page that was read, by reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

enum class PageFault : uint8_t {
  kLine,       // a line that is neither a sample nor a comment: left out
  kValue,      // no number, or none that this type can have (a negative counter): the sample is left out
  kLabel,      // a label name that stands twice or is reserved (`__x`), a missing or impossible `le` or `quantile`: the sample is left out
  kTooLong,    // name, value or number of labels beyond the limits: the sample is left out
  kDuplicate,  // a sample that was there before: the first one counts
  kUnsound,    // a histogram or summary that lacks samples, or whose counts contradict each other: the series is left out
  kClash,      // a family whose samples are named like those of another one: left out with all its series
  kTooMany,    // a series beyond the limit: the sample is left out
};
inline constexpr size_t kPageFaultCount = 8;

// "line", "value", ...: for label values of metrics.
std::string_view PageFaultName(PageFault fault);

// One kind of fault in one page. Holds no label values: they are data.
struct PageFaultCount {
  uint64_t count = 0;     // samples; of kUnsound series, of kClash families
  size_t first_line = 0;  // from 1; 0: not of one line
  std::string family{};   // name of the first's family or sample, "" when it is not known to be one
  std::string reason{};   // of the first: "no closing quote"
};

class PageFaults {
 public:
  void Count(PageFault fault, size_t line, std::string_view family, std::string_view reason);
  [[nodiscard]] const PageFaultCount& of(PageFault fault) const { return faults_[static_cast<size_t>(fault)]; }
  [[nodiscard]] uint64_t total() const;
  // A sentence for each kind of fault that there was; the same as long as the same is wrong (it holds no numbers).
  [[nodiscard]] std::vector<std::string> Notices() const;

 private:
  std::array<PageFaultCount, kPageFaultCount> faults_;  // by PageFault
};

}  // namespace logmill
