// Asks the Docker engine: many GET requests at once over its Unix socket, on one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace logmill {

// All of one thread, but Wake().
class DockerHttp {
 public:
  // `error` is "" when the whole answer came and its status is 2xx; else it says what went wrong, in the engine's words where it has some,
  // and the same words each time.
  struct Answer {
    int status = 0;  // 0: there was none
    std::string error;
    bool broken = false;  // the connection could not be made or did not last
  };
  using Body = std::function<bool(std::string_view)>;  // as it comes, of 2xx answers only; false: give up. May block
  using Done = std::function<void(const Answer&)>;     // the request is over; may Get() and Cancel()

  explicit DockerHttp(std::string socket);
  ~DockerHttp();
  DockerHttp(const DockerHttp&) = delete;
  DockerHttp& operator=(const DockerHttp&) = delete;

  enum class Kind : uint8_t {
    kAnswer,   // comes within 30 seconds
    kBacklog,  // takes its time, but does not rest for 30 seconds
    kStream,   // never ends
  };
  // `path` with its query. Returns a number for Cancel(), never 0.
  uint64_t Get(const std::string& path, Kind kind, Body body, Done done);
  // Ends it without calling anything. Not from a body.
  void Cancel(uint64_t request);

  // Waits for something to do, at most so long, and does it.
  void Run(std::chrono::milliseconds most);
  // Ends the Run() at hand, or else the next. Any thread.
  void Wake();

 private:
  struct Request;
  void Finish(void* easy, int result);

  const std::string socket_;
  void* multi_;
  uint64_t last_ = 0;
  std::map<uint64_t, std::unique_ptr<Request>> requests_;
};

}  // namespace logmill
