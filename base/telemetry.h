// Which metrics there are to be: the telemetry groups, and the ports that show them (docs/configuration.md).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace logmill {

// Groups of IMMICH_TELEMETRY_INCLUDE and IMMICH_TELEMETRY_EXCLUDE.
enum class Group : uint8_t { kApi, kHost, kApp, kIo, kRepo, kJob };
inline constexpr int kGroupCount = 6;

using GroupSet = std::bitset<kGroupCount>;  // by Group
inline const GroupSet kAllGroups = GroupSet().set();

constexpr size_t IndexOf(Group group) { return static_cast<size_t>(group); }

// A port that shows metrics. Log-derived ones and those of collectors: group `job` on kMicroservices, all others on kApi. Scraped ones: as
// the configuration says; kMachineLearning has nothing else.
enum class Endpoint : uint8_t { kApi, kMicroservices, kMachineLearning };
inline constexpr int kEndpointCount = 3;

constexpr size_t IndexOf(Endpoint endpoint) { return static_cast<size_t>(endpoint); }
constexpr Endpoint EndpointOf(Group group) { return group == Group::kJob ? Endpoint::kMicroservices : Endpoint::kApi; }

}  // namespace logmill
