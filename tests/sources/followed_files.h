// A worker reduced to what the sources are about: it finds files, reads them into lines, and can be killed and started again.
#pragma once

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sources/file_set.h"
#include "tests/support/fake_clock.h"

namespace logmill::testing {

class FollowedFiles {
 public:
  using Lines = std::map<std::string, int>;  // how often each was seen

  // `trace`: tells on stderr what happens.
  explicit FollowedFiles(FileSetOptions options, bool trace = false) : options_(std::move(options)), trace_(trace) { Begin({}); }

  void Find(size_t most = 1000) {
    for (FileSet::Found& found : set_->Find(most)) {
      Stream stream{.number = ++found_, .source = std::move(found.source), .path = found.path, .moved = found.moved};
      if (found.position) stream.offset = found.position->offset;
      rotations_ += found.change == FileSet::Change::kRotated;
      truncations_ += found.change == FileSet::Change::kTruncated;
      Tell(stream, (found.moved ? "found, moved, from " : "found, from ") + std::to_string(stream.offset) +
                       (found.change == FileSet::Change::kNone ? "" : ", a change"));
      streams_.push_back(std::move(stream));
    }
  }
  // One Read() of one stream.
  void ReadOnce(size_t stream, size_t room_bytes) { Take(streams_[stream], room_bytes); }
  // Reads until nothing happens any more, and searches as often as that is asked for.
  void Poll(size_t room_bytes = 4096) {
    for (bool progress = true; progress;) {
      progress = false;
      for (size_t i = 0; i < streams_.size(); ++i) {
        while (Take(streams_[i], room_bytes)) progress = true;
      }
      DropEnded();
      if (std::exchange(search_, false)) {
        Find();
        progress = true;
      }
    }
  }
  void DropEnded() {
    std::erase_if(streams_, [](const Stream& stream) { return stream.ended; });
  }
  void Wait(std::chrono::milliseconds time) { clock_.Advance(time); }
  // Search and read until every file that has lost its name has ended.
  void Settle() {
    for (int i = 0; i < 8; ++i) {
      Find();
      Poll();
      Wait(kSearchTime);
      Poll();
    }
  }

  void Checkpoint() {
    saved_.lines = lines_;
    saved_.lost = lost_;
    saved_.rotations = rotations_;
    saved_.truncations = truncations_;
    saved_.positions.clear();
    for (Stream& stream : streams_) {
      Position position{.source = "test", .file = {}, .cursor = {}, .pending = {}};
      if (!stream.ended && stream.source->Locate(stream.offset - stream.partial.size(), &position)) saved_.positions.push_back(position);
    }
    for (FilePosition& file : set_->Finished()) {
      const uint64_t read = file.read;
      saved_.positions.push_back({.source = "test", .file = std::move(file), .cursor = {}, .offset = read, .pending = {}});
    }
  }
  // As SIGKILL and another start: only the last checkpoint is left.
  void Kill() {
    streams_.clear();
    lines_ = saved_.lines;
    lost_ = saved_.lost;
    rotations_ = saved_.rotations;
    truncations_ = saved_.truncations;
    search_ = false;
    Begin(saved_.positions);
  }
  void Restart() {
    Checkpoint();
    Kill();
  }

  // Lines seen since it was called last.
  Lines TakeLines() { return std::exchange(lines_, {}); }
  [[nodiscard]] const Lines& lines() const { return lines_; }
  [[nodiscard]] uint64_t lost() const { return lost_; }
  [[nodiscard]] int rotations() const { return rotations_; }
  [[nodiscard]] int truncations() const { return truncations_; }
  [[nodiscard]] size_t streams() const { return streams_.size(); }
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  [[nodiscard]] uint64_t LagBytes() const {
    uint64_t bytes = 0;
    for (const Stream& stream : streams_) bytes += stream.source->LagBytes();
    return bytes;
  }
  // Whether some stream is to be asked again though no watch tells of anything.
  [[nodiscard]] bool waiting() const {
    return std::ranges::any_of(streams_, [](const Stream& stream) { return stream.source->waiting(); });
  }
  [[nodiscard]] bool undecided() const { return set_->undecided(); }
  Watcher& watcher() { return *watcher_; }

 private:
  struct Stream {
    int number = 0;
    std::unique_ptr<Source> source;
    std::string path;
    bool moved = false;
    uint64_t offset = 0;
    std::string partial = {};
    bool ended = false;
  };

  void Tell(const Stream& stream, const std::string& what) const {
    Position position;
    if (!trace_ || !stream.source->Locate(stream.offset, &position)) return;
    std::fprintf(stderr, "    %s #%d (inode %d) %s\n", stream.path.substr(stream.path.rfind('/') + 1).c_str(), stream.number,
                 static_cast<int>(position.file.id.inode), what.c_str());
  }

  void Begin(std::vector<Position> positions) {
    set_.reset();
    registry_ = std::make_unique<FileRegistry>();
    watcher_ = std::make_unique<Watcher>(Watcher::Options{.use_inotify = false});
    set_ = std::make_unique<FileSet>(options_, std::move(positions), *registry_, *watcher_, clock_);
  }

  // True when something happened.
  bool Take(Stream& stream, size_t room_bytes) {
    if (stream.ended) return false;
    std::string room(room_bytes, '\0');
    const ReadResult result = stream.source->Read(room);
    if (result.status == ReadResult::Status::kData) {
      TakeBytes(stream, room.substr(0, result.bytes));
      return true;
    }
    if (result.status == ReadResult::Status::kError) errors_.push_back(result.error.substr(result.error.rfind('/') + 1));
    if (result.status == ReadResult::Status::kMoved) {
      search_ = stream.moved = true;
      Tell(stream, result.truncated ? "was truncated" : "was moved");
      ++(result.truncated ? truncations_ : rotations_);
    }
    if (result.status == ReadResult::Status::kEnd) End(stream, result.lost);
    return result.status == ReadResult::Status::kMoved || result.status == ReadResult::Status::kEnd;
  }
  void TakeBytes(Stream& stream, const std::string& bytes) {
    stream.offset += bytes.size();
    for (const char c : bytes) {
      if (c == '\n') {
        Tell(stream, "says " + stream.partial.substr(0, 6));
        ++lines_[std::exchange(stream.partial, {})];
      } else {
        stream.partial += c;
      }
    }
  }
  void End(Stream& stream, uint64_t lost) {
    if (!stream.partial.empty()) ++lines_[std::exchange(stream.partial, {})];
    lost_ += lost;
    Tell(stream, "ended, lost " + std::to_string(lost));
    stream.ended = search_ = true;
  }

  const FileSetOptions options_;
  const bool trace_;
  int found_ = 0;
  FakeClock clock_;
  std::unique_ptr<FileRegistry> registry_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<FileSet> set_;
  std::vector<Stream> streams_;
  Lines lines_;
  uint64_t lost_ = 0;
  int rotations_ = 0;
  int truncations_ = 0;
  bool search_ = false;
  std::vector<std::string> errors_;
  struct Saved {
    std::vector<Position> positions;
    Lines lines;
    uint64_t lost = 0;
    int rotations = 0;
    int truncations = 0;
  } saved_;
};

}  // namespace logmill::testing
