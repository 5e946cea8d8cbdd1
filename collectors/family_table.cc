#include "collectors/family_table.h"

#include <string>
#include <utility>
#include <vector>

namespace logmill {

FamilyTable::FamilyTable(std::span<const MetricInfo> metrics) : metrics_(metrics) {
  families_.reserve(metrics.size());
  for (const MetricInfo& metric : metrics) AddFamily(families_, metric.name, metric.help, metric.type);
}

void FamilyTable::Add(size_t metric, std::initializer_list<std::string_view> label_values, double value) {
  prometheus::MetricFamily& family = families_[metric];
  AddSample(family, {}, value);
  std::string_view names = metrics_[metric].labels;
  for (const std::string_view text : label_values) {
    const size_t space = names.find(' ');
    family.metric.back().label.push_back({std::string(names.substr(0, space)), std::string(text)});
    names = space == std::string_view::npos ? std::string_view() : names.substr(space + 1);
  }
}

Families FamilyTable::Take() {
  std::erase_if(families_, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  return std::move(families_);
}

}  // namespace logmill
