// Named lists of histogram buckets: the built-in ones and those of a file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/yaml_reader.h"

namespace logmill {

class BucketSets {
 public:
  // The built-in sets: latency_ms, latency_seconds, size_bytes, count.
  BucketSets();

  // Adds those of a file's `bucket_sets`; mistakes become errors there.
  void Read(const YamlValue& bucket_sets);

  // The list of a metric's `buckets`, which is a name or a list; nothing, after an error, when it is wrong.
  [[nodiscard]] std::optional<std::vector<double>> Resolve(const YamlValue& buckets) const;

 private:
  std::map<std::string, std::vector<double>, std::less<>> sets_;
};

}  // namespace logmill
