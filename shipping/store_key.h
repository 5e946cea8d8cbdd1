// A secret that goes along with each request to a store, in a header of the store's own: a Splunk token, a Datadog key.
#pragma once

#include <expected>
#include <string>

namespace logmill {

// One of the two.
struct StoreKey {
  std::string text = {};
  std::string file = {};  // read anew each time; without the newline at its end

  // The key; or why there is none: a sentence without it.
  [[nodiscard]] std::expected<std::string, std::string> Read() const;
  // What is wrong with it, for whoever reads a configuration; "" when nothing is. `name`: how the key is called there. Opens no file.
  [[nodiscard]] std::string Check(const std::string& name) const;
};

}  // namespace logmill
