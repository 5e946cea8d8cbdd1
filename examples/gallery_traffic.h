// What a Gallery server has to say, made up: start-up lines, HTTP requests, jobs that work and jobs that fail, and the plain text between.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "logging/environment.h"

namespace logmill {

// Writes with our logging library, plain text included. The same seed gives the same lines but for pid and time. One thread.
class GalleryTraffic {
 public:
  GalleryTraffic(LoggingOptions options, uint64_t seed);

  // Each writes one event of at most `most` lines (at least 1) and returns how many it wrote. In the console format stack traces
  // come on top.
  uint64_t Start(uint64_t most);  // again and again, until it returns 0: the server is up
  uint64_t Next(uint64_t most);   // from then on

 private:
  struct Event;
  void Api(const char* context, spdlog::level::level_enum level, const std::string& message);
  void Worker(const char* context, spdlog::level::level_enum level, const std::string& message);

  void ServeRequest();
  void RefuseRequest();
  void RefuseLogin();
  void DetectFaces();
  void ReadMetadata();
  void TranscodeVideo();
  void GenerateThumbnail();
  void LoseMachineLearning();
  void FailJob();
  void LoseRedis();
  void FailQuery();

  [[nodiscard]] uint64_t Pick(uint64_t count) { return random_() % count; }
  [[nodiscard]] std::string Uuid();
  [[nodiscard]] std::string CorrelationId();

  std::mt19937_64 random_;
  std::shared_ptr<spdlog::logger> api_;
  std::shared_ptr<spdlog::logger> worker_;
  std::shared_ptr<spdlog::logger> plain_;
  uint64_t started_ = 0;
};

}  // namespace logmill
