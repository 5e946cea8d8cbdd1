// Takes the Docker engine's stream of several streams apart: frames of an 8-byte head (stream, three zeros, length, big-endian) and a
// payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace logmill {

enum class DockerStream : uint8_t { kStdin, kStdout, kStderr, kEngine };  // kEngine: what the engine itself has to say about the log
inline constexpr size_t kDockerStreams = 4;

// A part of a frame's payload, as much of it as has come. Valid during the visit.
struct DockerPiece {
  DockerStream stream = DockerStream::kStdout;
  std::string_view bytes;
  bool ends = false;  // the frame's last piece; it may be empty
};

// Holds a head that came in parts, and nothing else: a frame may have any length. One thread.
class DockerFrames {
 public:
  // Visits what is in `bytes`, which go on where the last ones ended. False when a head is none, or the visit returned false: then nothing
  // that follows makes sense.
  [[nodiscard]] bool Take(std::string_view bytes, const std::function<bool(const DockerPiece&)>& visit);

 private:
  bool ReadHead();

  static constexpr size_t kHeadBytes = 8;
  uint8_t head_[kHeadBytes] = {};
  size_t head_bytes_ = 0;
  DockerStream stream_ = DockerStream::kStdout;
  uint32_t left_ = 0;  // of the payload, once the head is whole
};

}  // namespace logmill
