#include "collectors/families.h"

#include <string>

namespace logmill {

prometheus::MetricFamily& AddFamily(Families& families, std::string_view name, std::string_view help, prometheus::MetricType type) {
  prometheus::MetricFamily& family = families.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void AddSample(prometheus::MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [name, text] : labels) metric.label.push_back({std::string(name), std::string(text)});
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void AddValue(Families& families, std::string_view name, std::string_view help, double value, prometheus::MetricType type) {
  AddSample(AddFamily(families, name, help, type), {}, value);
}

}  // namespace logmill
