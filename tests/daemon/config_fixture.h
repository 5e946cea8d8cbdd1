// A configuration file and an environment, and what LoadConfig() says of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "daemon/config.h"

namespace logmill::testing {

class ConfigFixture : public ::testing::Test {
 protected:
  ConfigFixture() {
    char name[] = "/tmp/logmill-config-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~ConfigFixture() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  Config Load(const std::string& yaml) { return LoadPath(Write("logmill.yaml", yaml)); }

  // Of the environment alone.
  Config LoadNothing() { return LoadPath(""); }

  // A line for each finding, by place, without the folder.
  std::string Messages() {
    std::string text;
    diagnostics_.Sort();
    for (const Diagnostic& diagnostic : diagnostics_.entries()) text += Format(diagnostic) + "\n";
    const std::string file = folder_ + "/";
    for (size_t at; (at = text.find(file)) != std::string::npos;) text.erase(at, file.size());
    return text;
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  Diagnostics diagnostics_;

 private:
  Config LoadPath(const std::string& path) {
    diagnostics_ = Diagnostics();
    const auto look_up = [this](const char* name) {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    };
    return LoadConfig(path, look_up, diagnostics_);
  }
};

}  // namespace logmill::testing
