#include "collectors/cpu_history.h"

#include <algorithm>
#include <utility>

namespace logmill {

CpuUsage CpuHistory::Compare(const CpuReading& now, const CpuTicks& before) const {
  CpuUsage usage{now.number, now.ticks, std::nullopt};
  std::array<double, kCpuStates.size()> shares{};
  double all = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (now.ticks[i] < before[i] && before[i] - now.ticks[i] > small_step_) return {now.number, now.ticks, std::nullopt};
    usage.ticks[i] = std::max(now.ticks[i], before[i]);
    shares[i] = static_cast<double>(usage.ticks[i] - before[i]);
    all += shares[i];
  }
  if (all == 0) return usage;
  for (double& share : shares) share /= all;
  usage.shares = shares;
  return usage;
}

std::vector<CpuUsage> CpuHistory::Update(const std::vector<CpuReading>& cpus) {
  std::vector<CpuUsage> usages;
  std::map<unsigned, CpuTicks> seen;
  for (const CpuReading& cpu : cpus) {
    const auto before = before_.find(cpu.number);
    usages.push_back(before == before_.end() ? CpuUsage{cpu.number, cpu.ticks, std::nullopt} : Compare(cpu, before->second));
    seen[cpu.number] = usages.back().ticks;
  }
  before_ = std::move(seen);
  return usages;
}

}  // namespace logmill
