// Which commands of a Redis server get series of their own.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace logmill {

// Gives a place to each command that asks until all are given. A place is never taken back, so that counters, and the counter of all
// commands without a place (kOverflowValue), do not fall when the busiest commands change.
class RedisCommandBudget {
 public:
  explicit RedisCommandBudget(size_t places) : places_(places) {}

  // False: its numbers belong to the overflow series. Names that are not plain (printable ASCII without quotes, 64 bytes at most) get none.
  bool Admit(std::string_view command);
  [[nodiscard]] bool Has(std::string_view command) const { return admitted_.contains(command); }

 private:
  const size_t places_;
  std::set<std::string, std::less<>> admitted_;
};

}  // namespace logmill
