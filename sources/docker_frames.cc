#include "sources/docker_frames.h"

namespace logmill {

bool DockerFrames::Take(std::string_view bytes, const std::function<bool(const DockerPiece&)>& visit) {
  while (!bytes.empty()) {
    if (head_bytes_ < kHeadBytes) {
      head_[head_bytes_++] = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (head_bytes_ < kHeadBytes) continue;
      if (!ReadHead()) return false;
      if (left_ > 0) continue;
    }
    const std::string_view payload = bytes.substr(0, left_);
    bytes.remove_prefix(payload.size());
    left_ -= static_cast<uint32_t>(payload.size());
    if (left_ == 0) head_bytes_ = 0;
    if (!visit({stream_, payload, left_ == 0})) return false;
  }
  return true;
}

bool DockerFrames::ReadHead() {
  if (head_[0] >= kDockerStreams || head_[1] != 0 || head_[2] != 0 || head_[3] != 0) return false;
  stream_ = static_cast<DockerStream>(head_[0]);
  left_ = uint32_t{head_[4]} << 24 | uint32_t{head_[5]} << 16 | uint32_t{head_[6]} << 8 | uint32_t{head_[7]};
  return true;
}

}  // namespace logmill
