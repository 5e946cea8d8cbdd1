// The folder of a spool: taken for this process, and made again when somebody throws it away.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "shipping/spool_calls.h"

namespace logmill {

// One thread at a time. Files that it opens are the caller's to close; those are negative when errno says why.
class SpoolFolder {
 public:
  // Makes the folder if it is missing (mode 0700; not its parents) and takes it until destruction, or says why not. `calls` outlives it.
  static std::expected<std::unique_ptr<SpoolFolder>, std::string> Open(std::string path, SpoolCalls& calls);
  ~SpoolFolder();
  SpoolFolder(const SpoolFolder&) = delete;
  SpoolFolder& operator=(const SpoolFolder&) = delete;

  // Numbers of the segments that are there, ascending, or why they cannot be listed.
  [[nodiscard]] std::expected<std::vector<uint64_t>, std::string> Segments() const;
  // Somebody threw it away.
  [[nodiscard]] bool IsGone() const;
  // A segment for writing, emptied if it is there. Makes the folder anew if it is gone.
  int Create(uint64_t first);
  // To read.
  [[nodiscard]] int OpenSegment(uint64_t first) const;
  // The folder itself, to be synced by any thread.
  [[nodiscard]] int OpenFolder() const;
  // False, and errno, when it is still there.
  bool Remove(uint64_t first);
  // Cuts a segment to its first `bytes`, as far as the system lets us.
  void Cut(uint64_t first, uint64_t bytes);
  // Gives a damaged segment another name, which no spool reads: "NAME.damaged", "NAME.damaged-2"... "" when that fails.
  std::string SetAside(uint64_t first);

  // "cannot WHAT the spool in PATH: REASON; ADVICE".
  [[nodiscard]] std::unexpected<std::string> Failed(const std::string& what, int error) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  SpoolFolder(std::string path, SpoolCalls& calls) : path_(std::move(path)), calls_(calls) {}

  std::expected<void, std::string> Take();
  std::expected<void, std::string> Lock();
  void Leave();

  const std::string path_;
  SpoolCalls& calls_;
  int folder_ = -1;
  int lock_ = -1;
};

}  // namespace logmill
