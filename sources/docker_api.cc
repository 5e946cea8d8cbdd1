#include "sources/docker_api.h"

#include <fnmatch.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "sources/docker_time.h"

namespace logmill {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kLongestId = 128;

bool IsId(std::string_view text) {
  const auto allowed = [](char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '-' || byte == '_' ||
           byte == '.';
  };
  return !text.empty() && text.size() <= kLongestId && text.front() != '.' && std::ranges::all_of(text, allowed);
}

// "" for anything that is no string.
std::string TextOf(simdjson::simdjson_result<dom::element> value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool BoolOf(simdjson::simdjson_result<dom::element> value) {
  bool flag = false;
  return value.get(flag) == simdjson::SUCCESS && flag;
}

std::vector<std::string> NamesOf(dom::element container) {
  std::vector<std::string> names;
  dom::array array;
  if (container["Names"].get(array) != simdjson::SUCCESS) return names;
  for (dom::element element : array) {
    std::string name = TextOf(dom::element(element));
    names.push_back(name.starts_with('/') ? name.substr(1) : name);
  }
  return names;
}

std::vector<std::string> LabelsOf(dom::element container) {
  std::vector<std::string> labels;
  dom::object object;
  if (container["Labels"].get(object) != simdjson::SUCCESS) return labels;
  for (const auto& [key, value] : object) labels.push_back(std::string(key) + '=' + TextOf(dom::element(value)));
  return labels;
}

}  // namespace

std::string DockerListPath() { return "/containers/json?all=1"; }

std::string DockerEventsPath(int64_t since_ns) {
  // {"type":["container"],"event":["start","die","rename","destroy"]}
  return "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22start%22%2C%22die%22%2C%22rename%22%2C%22destroy%22%"
         "5D%7D&since=" +
         FormatDockerSince(since_ns);
}

std::string DockerStatePath(const std::string& id) { return "/containers/" + id + "/json"; }

std::string DockerLogPath(const std::string& id, int64_t since_ns, bool follow) {
  return "/containers/" + id + "/logs?stdout=1&stderr=1&timestamps=1&follow=" + (follow ? '1' : '0') +
         "&since=" + FormatDockerSince(since_ns);
}

std::expected<std::vector<DockerContainer>, std::string> ParseDockerList(std::string_view json) {
  dom::parser parser;
  dom::array list;
  if (parser.parse(json.data(), json.size()).get(list) != simdjson::SUCCESS) {
    return std::unexpected("its list of containers is no JSON array");
  }
  std::vector<DockerContainer> containers;
  for (const dom::element element : list) {
    DockerContainer container{TextOf(element["Id"]), NamesOf(element), LabelsOf(element), TextOf(element["State"]) == "running"};
    if (IsId(container.id)) containers.push_back(std::move(container));
  }
  return containers;
}

std::expected<DockerState, std::string> ParseDockerState(std::string_view json) {
  dom::parser parser;
  dom::object state;
  if (parser.parse(json.data(), json.size()).get(state) != simdjson::SUCCESS) {
    return std::unexpected("its description of a container is no JSON object");
  }
  return DockerState{BoolOf(state["Config"]["Tty"]), BoolOf(state["State"]["Running"])};
}

std::string DockerRefusal(int status, std::string_view body) {
  dom::parser parser;
  dom::element answer;
  std::string message;
  if (parser.parse(body.data(), body.size()).get(answer) == simdjson::SUCCESS) message = TextOf(answer["message"]);
  return "it answers " + std::to_string(status) + (message.empty() ? "" : ": " + message);
}

bool Wanted(const DockerContainer& container, const std::vector<std::string>& names, const std::vector<std::string>& labels) {
  const auto named = [&](const std::string& pattern) {
    return std::ranges::any_of(container.names, [&](const std::string& name) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; });
  };
  const auto labelled = [&](const std::string& label) {
    return std::ranges::any_of(container.labels, [&](const std::string& own) {
      return own == label || (label.find('=') == std::string::npos && own.starts_with(label) && own[label.size()] == '=');
    });
  };
  return (names.empty() || std::ranges::any_of(names, named)) && std::ranges::all_of(labels, labelled);
}

}  // namespace logmill
