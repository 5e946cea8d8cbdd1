#include <cstdio>
#include <filesystem>
#include <vector>

#include "checkpoint/checkpoint_file.h"
#include "daemon/commands.h"
#include "daemon/state_text.h"

namespace logmill {
namespace {

int Show(const CheckpointFile& file) {
  const std::string text = StateText(file);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? kExitFine : kExitNo;
}

void Complain(const std::string& sentence) { std::fprintf(stderr, "logmill: %s\n", sentence.c_str()); }

int ShowFile(const std::string& path) {
  const CheckpointFile file = ReadCheckpointFile(path);
  if (file.content) return Show(file);
  Complain(file.content.error().message);
  return kExitNo;
}

// The newest checkpoint, as the daemon would choose it. A temporary file that was not finished is nothing to complain of.
int ShowFolder(const std::string& path) {
  std::vector<CheckpointFile> files = ReadCheckpointFiles(path);
  const CheckpointFile* newest = NewestOf(files);
  int code = newest != nullptr ? Show(*newest) : kExitNo;
  if (files.empty()) Complain(path + " holds no checkpoint");
  for (const CheckpointFile& file : files) {
    if (file.content || (file.name == checkpoint_files::kTemporary && newest != nullptr)) continue;
    Complain(file.content.error().message);
    code = kExitNo;
  }
  return code;
}

}  // namespace

int RunState(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored) ? ShowFolder(path) : ShowFile(path);
}

}  // namespace logmill
