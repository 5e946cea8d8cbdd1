// Log-derived metrics added up.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "metrics/store.h"

namespace logmill {

// All series of the counter or gauge `family` together. Nothing when no rule feeds it. Any thread.
std::optional<double> SumOf(const Store& store, std::string_view family);
// The same, of those series whose label has a value that is `wanted`, which is given it as it stands on the page: escaped.
std::optional<double> SumOf(const Store& store, std::string_view family, std::string_view label,
                            const std::function<bool(std::string_view)>& wanted);

// The sum of those that there are; nothing when there is none.
std::optional<double> Together(std::initializer_list<std::optional<double>> sums);

}  // namespace logmill
