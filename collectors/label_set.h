// Label sets as keys of hash tables.
#pragma once

#include <prometheus/client_metric.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "metrics/series_key.h"

namespace logmill {

// Of texts that others chose: seeded, so that nobody can write a page that makes the tables slow.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return series_key::HashValue(series_key::Seed(), text); }
};

template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;
template <class Value>
using ViewMap = std::unordered_map<std::string_view, Value, TextHash, std::equal_to<>>;

// Makes the same key of the same labels in any order. Values hold no NUL.
class LabelSet {
 public:
  // False when a name stands twice. The key is valid until the next call.
  bool Read(std::span<const prometheus::ClientMetric::Label> labels);
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  std::vector<const prometheus::ClientMetric::Label*> sorted_;
  std::string key_;
};

}  // namespace logmill
