// What is asked of the Docker engine and what it answers.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace logmill {

struct DockerContainer {
  std::string id;                   // letters, digits, "-", "_" and "."
  std::vector<std::string> names;   // without the leading "/"
  std::vector<std::string> labels;  // "key=value"
  bool running = false;
};

struct DockerState {
  bool terminal = false;  // its log has no frames
  bool running = false;
};

// Paths with their queries. All containers are asked for, stopped ones too.
std::string DockerListPath();
// Says when a container comes, goes or changes its name, and what of that happened since `since_ns` (Unix time).
std::string DockerEventsPath(int64_t since_ns);
std::string DockerStatePath(const std::string& id);
// Standard output and error from `since_ns` on, with time stamps.
std::string DockerLogPath(const std::string& id, int64_t since_ns, bool follow);

// The answers. What is no such answer is an error; containers whose id is none are left out.
std::expected<std::vector<DockerContainer>, std::string> ParseDockerList(std::string_view json);
std::expected<DockerState, std::string> ParseDockerState(std::string_view json);
// One sentence from an answer that is not 2xx.
std::string DockerRefusal(int status, std::string_view body);

// Whether the container is wanted: it has one of `names` (shell patterns; none: any name will do), and all of `labels` ("key" or
// "key=value").
bool Wanted(const DockerContainer& container, const std::vector<std::string>& names, const std::vector<std::string>& labels);

}  // namespace logmill
