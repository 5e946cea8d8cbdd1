#include "daemon/log_sums.h"

#include <string>

namespace logmill {
namespace {

// Of `a="x",b="y"`. No name of a label is the end of another's in front of `="`, but for the text of a value, whose quotes are escaped.
std::string_view ValueOf(std::string_view labels, const std::string& name) {
  const std::string head = name + "=\"";
  size_t at = labels.starts_with(head) ? 0 : labels.find("\"," + head);
  if (at == std::string_view::npos) return {};
  at = labels.find(head, at) + head.size();
  return labels.substr(at, labels.find('"', at) - at);
}

std::optional<double> SumOf(const Store& store, std::string_view family, const std::function<bool(std::string_view)>& wanted) {
  const auto id = store.FamilyNamed(family);
  if (!id) return std::nullopt;
  double sum = 0;
  store.Visit(*id, [&](const SeriesView& series) {
    if (wanted(series.labels)) sum += series.value;
  });
  return sum;
}

}  // namespace

std::optional<double> SumOf(const Store& store, std::string_view family) {
  return SumOf(store, family, [](std::string_view) { return true; });
}

std::optional<double> SumOf(const Store& store, std::string_view family, std::string_view label,
                            const std::function<bool(std::string_view)>& wanted) {
  return SumOf(store, family, [&, name = std::string(label)](std::string_view labels) { return wanted(ValueOf(labels, name)); });
}

std::optional<double> Together(std::initializer_list<std::optional<double>> sums) {
  std::optional<double> together;
  for (const auto& sum : sums) {
    if (sum) together = together.value_or(0) + *sum;
  }
  return together;
}

}  // namespace logmill
