#include "collectors/redis_command_budget.h"

#include <algorithm>

#include "metrics/family.h"

namespace logmill {
namespace {

constexpr size_t kMaxName = 64;

bool IsPlain(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name != kOverflowValue &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

bool RedisCommandBudget::Admit(std::string_view command) {
  if (Has(command)) return true;
  if (admitted_.size() >= places_ || !IsPlain(command)) return false;
  admitted_.emplace(command);
  return true;
}

}  // namespace logmill
