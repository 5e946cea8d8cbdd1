// The folder that holds the checkpoint, and the only one who writes there.
//
// A checkpoint is written to a temporary file, which is synced; then the current one is renamed to "previous", the temporary one to
// "checkpoint", and the folder is synced. At each moment one of the three files is a whole checkpoint, the last that was begun or the one
// before, whatever fails and whenever the machine stops. A file that is whole and newer than the others is never written over.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/checkpoint_file.h"
#include "checkpoint/folder_calls.h"

namespace logmill {

// One thread at a time. Messages are sentences without a period: "/var/lib/logmill is in use by another logmill (pid 7)".
class StateFolder {
 public:
  static constexpr size_t kDamagedKept = 3;

  // Makes the folder if it is missing (mode 0700; not its parents) and takes it for this process until destruction. `calls`, which outlives
  // the folder, is for tests.
  static std::expected<std::unique_ptr<StateFolder>, std::string> Open(std::string path, FolderCalls* calls = nullptr);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  struct Loaded {
    std::optional<Checkpoint> checkpoint{};  // none: there is none yet, or none that is whole
    std::vector<std::string> damaged{};      // a sentence for each damaged one that was set aside (or had to stay)
  };
  // The newest whole checkpoint. Damaged ones are set aside as checkpoint.damaged-N, of which the newest kDamagedKept are kept; a temporary
  // file that was not finished is no damage. An error, with nothing changed, when a file is of a newer version or may not be read.
  // To be called once, before the first Write.
  std::expected<Loaded, std::string> Load();

  // Replaces the checkpoint. After an error the one before is still there, and another Write may be tried.
  std::expected<void, std::string> Write(std::string_view bytes);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  StateFolder(std::string path, FolderCalls& calls, int folder) : path_(std::move(path)), calls_(calls), folder_(folder) {}

  std::expected<void, std::string> Lock();
  std::string SetAside(const CheckpointFile& file);
  [[nodiscard]] std::vector<unsigned> DamagedNumbers() const;
  std::expected<void, std::string> WriteTemporary(std::string_view bytes);
  bool WriteAll(int file, std::string_view bytes);
  std::expected<void, std::string> Publish();
  [[nodiscard]] std::unexpected<std::string> Failed(const std::string& what, int error) const;

  const std::string path_;
  FolderCalls& calls_;
  const int folder_;
  int lock_ = -1;
  bool current_whole_ = false;     // kCurrent is a whole checkpoint
  bool temporary_newest_ = false;  // kTemporary is whole, synced, and newer than the others
};

}  // namespace logmill
