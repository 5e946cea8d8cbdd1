// Anything that can happen to a log file, in any order: every line is seen exactly once.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sources/glob.h"
#include "sources/open_file.h"
#include "tests/sources/followed_files.h"
#include "tests/sources/log_writer.h"

namespace logmill {
namespace {

class Life {
 public:
  struct Options {
    unsigned most_banner_bytes = 0;
    bool interrupted = false;  // copying, truncating and compressing take their time, and all can happen meanwhile
  };

  // `trace`: tells on stderr what happens.
  Life(unsigned seed, const char* pattern, Options options, bool trace)
      : random_(seed),
        interrupted_(options.interrupted),
        trace_(trace),
        banner_(options.most_banner_bytes == 0 || Below(3) == 0 ? 0 : Below(options.most_banner_bytes)),
        dated_(Below(3) == 0),
        glob_(IsGlob(pattern)),
        files_({.pattern = writer_.Path(pattern)}, trace) {}

  void Run(int steps) {
    Begin();
    files_.Find();
    files_.Checkpoint();  // before the first one there is nothing to go by
    for (int i = 0; i < steps; ++i) Step();
    Switch();
    files_.Settle();
  }

  // What is wrong; "" when nothing is.
  std::string Complaint() const {
    std::string complaint;
    for (const auto& [line, count] : written_) {
      const auto at = files_.lines().find(line);
      const int seen = at == files_.lines().end() ? 0 : at->second;
      if (seen == count || (seen < count && may_be_lost_.contains(line))) continue;
      complaint += " \"" + line.substr(0, 8) + "\": " + std::to_string(seen) + " of " + std::to_string(count);
    }
    for (const auto& [line, count] : files_.lines()) {
      if (!written_.contains(line)) complaint += " \"" + line.substr(0, 40) + "\" was never written";
    }
    const int changes = files_.rotations() + files_.truncations();
    // A name that a glob matches may be found as a file of its own, which follows nobody.
    if (!interrupted_ && (glob_ ? changes > begun_ - 1 : changes != begun_ - 1)) {
      complaint += " " + std::to_string(changes) + " changes for " + std::to_string(begun_) + " files";
    }
    if (may_be_lost_.empty() && files_.lost() > 0) complaint += " lost " + std::to_string(files_.lost());
    return complaint;
  }

 private:
  unsigned Below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  void Trace(const std::string& what) const {
    if (!trace_) return;
    std::string files;
    for (const std::string& path : ExpandGlob(writer_.Path("*"))) {
      const auto look = LookAt(path);
      files += "  " + path.substr(path.rfind('/') + 1) + " (inode " + std::to_string(look->id.inode) + ", " + std::to_string(look->size) +
               " bytes, of " + std::to_string(look->modified_ns / 1'000'000 % 100'000) + ")";
    }
    std::fprintf(stderr, "     now%s\n%s\n", files.c_str(), what.c_str());
  }

  void Step() {
    switch (Below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Append();
      case 4:
        return Rename();
      case 5:
        return CopyTruncate();
      case 6:
        return Compress();
      case 7:
      case 8:
        return Poll();
      case 9:
      case 10:
        return ReadSome();
      case 11:
        Trace("find");
        return files_.Find();
      case 12:
        Trace("checkpoint");
        return files_.Checkpoint();
      case 13:
        Trace("kill");
        return files_.Kill(), files_.Find();
      case 14:
        return Wait();
      default:
        return Switch();
    }
  }

  void Poll() {
    Trace("poll");
    files_.Poll(1 + Below(9000));
  }
  void ReadSome() {
    if (files_.streams() == 0) return;
    const unsigned stream = Below(static_cast<unsigned>(files_.streams()));
    const unsigned room = 1 + Below(3000);
    Trace("read " + std::to_string(room) + " of stream " + std::to_string(stream));
    files_.ReadOnce(stream, room);
  }
  void Wait() {
    if (interrupted_ && behind_) return;  // what it writes after a pause may not be read
    Trace("wait");
    files_.Wait(std::chrono::milliseconds(Below(1500)));
  }

  std::string Line(bool may_be_long = true) {
    const std::string number = std::to_string(++number_) + " ";
    size_t size = number.size() + Below(may_be_long && Below(10) == 0 ? 3000 : 60);
    if (interrupted_) size = std::max<size_t>(size, 16);  // less is too little to know a copy by
    std::string line = number;
    while (line.size() < size) line += number;
    line.resize(size);
    ++written_[line];
    return line + "\n";
  }
  // What many programs write first, and a line of its own.
  void Begin() {
    Trace("begin with line " + std::to_string(number_ + 1));
    ++begun_;
    if (banner_ == 0) return writer_.Write(Line());
    ++written_[std::string(banner_, 'b')];
    writer_.Write(std::string(banner_, 'b') + "\n" + Line());
  }
  void Append() {
    std::string text = rest_;
    for (unsigned i = 1 + Below(5); i > 0; --i) text += Line();
    const size_t cut = Below(3) == 0 ? Below(static_cast<unsigned>(text.size())) : 0;
    rest_ = text.substr(text.size() - cut);
    Trace("append " + std::to_string(text.size() - cut) + " up to line " + std::to_string(number_));
    writer_.Write(text.substr(0, text.size() - cut));
  }
  // The writer finishes its line where it is, and goes on in the file that has the name.
  void Switch() {
    Trace("switch");
    writer_.Write(std::exchange(rest_, {}));
    writer_.Reopen();
    behind_ = false;
    if (writer_.Size("app.log") == 0) Begin();
  }

  void Rename() {
    if (behind_ || writer_.Size("app.log") == 0) return;
    Trace("rename");
    if (dated_) {
      writer_.RotateByRename("app.log-" + std::to_string(20260000 + ++rotations_));
    } else {
      writer_.Shift();
      writer_.RotateByRename("app.log.1");
    }
    behind_ = true;
    const unsigned how = Below(3);
    if (how == 0) writer_.Create();
    if (how == 1) Switch();
  }
  void CopyTruncate() {
    if (behind_ || writer_.Size("app.log") == 0) return;
    if (interrupted_) return CopyTruncateSlowly();
    writer_.Write(std::exchange(rest_, {}));
    const std::string copy = dated_ ? "app.log-" + std::to_string(20260000 + ++rotations_) : "app.log.1";
    if (!dated_) writer_.Shift();
    Trace("copy");
    writer_.Copy(copy);
    if (Below(3) == 0) files_.Find();
    if (Below(3) == 0) Poll();
    if (Below(6) == 0) {
      Trace("a line in between");
      // Not longer than what a position keeps of the end: of a copy that ends before that, and is shorter than 4096 bytes, nobody knows
      // after a kill whether it is one.
      const std::string line = Line(false);
      may_be_lost_.insert(line.substr(0, line.size() - 1));
      writer_.Write(line);
      if (Below(2) == 0) Poll();
    }
    Trace("truncate");
    writer_.Truncate();
    if (Below(2) == 0) Poll();
    Begin();
  }
  // With a writer that takes no notice.
  void CopyTruncateSlowly() {
    writer_.Write(std::exchange(rest_, {}));
    const std::string copy = MakePlace();
    uint64_t copied = 0;
    for (unsigned parts = 1 + Below(3); parts > 0; --parts) {
      Meanwhile();
      const uint64_t left = writer_.Size("app.log") - copied;
      const uint64_t part = parts == 1 ? left : Below(static_cast<unsigned>(left) + 1);
      Trace("copy " + std::to_string(part) + " bytes to " + copy);
      writer_.CopyPart(copy, copied, part);
      copied += part;
    }
    copied_ = true;
    Meanwhile();
    copied_ = false;
    Trace("truncate");
    writer_.Truncate();
    Meanwhile();
    if (Below(2) == 0) CompressSlowly(copy);
    if (writer_.Size("app.log") == 0) Begin();
  }
  std::string MakePlace() {
    if (dated_) return "app.log-" + std::to_string(20260000 + ++rotations_);
    writer_.Shift();
    return writer_.Numbered(1);
  }
  void CompressSlowly(const std::string& name) {
    Trace("compress " + name);
    writer_.CompressHalf(name);
    Meanwhile();
    writer_.CompressWhole(name);
    Meanwhile();
    writer_.folder().Remove(name);
    Meanwhile();
  }
  void Meanwhile() {
    for (unsigned steps = Below(4); steps > 0; --steps) {
      switch (Below(7)) {
        case 0:
          Trace("find meanwhile");
          files_.Find();
          break;
        case 1:
          Poll();
          break;
        case 2:
          ReadSome();
          break;
        case 3:
          Trace("checkpoint meanwhile");
          files_.Checkpoint();
          break;
        case 4:
          Trace("kill meanwhile");
          files_.Kill();
          files_.Find();
          break;
        default:
          AppendWhole();
      }
    }
  }
  void AppendWhole() {
    if (writer_.Size("app.log") == 0) return Begin();
    std::string text;
    for (unsigned i = 1 + Below(5); i > 0; --i) {
      const std::string line = Line();
      if (copied_) may_be_lost_.insert(line.substr(0, line.size() - 1));
      text += line;
    }
    Trace("append " + std::to_string(text.size()) + " up to line " + std::to_string(number_));
    writer_.Write(text);
  }
  // A rotated file that nobody writes to any more.
  void Compress() {
    const int back = behind_ ? 1 : static_cast<int>(Below(2));
    const std::string name = dated_ ? "app.log-" + std::to_string(20260000 + rotations_ - back) : writer_.Numbered(1 + back);
    if (!writer_.Exists(name)) return;
    Trace("compress " + name);
    writer_.Compress(name);
  }

  std::mt19937 random_;
  const bool interrupted_;
  const bool trace_;
  const unsigned banner_;
  const bool dated_;
  const bool glob_;
  testing::LogWriter writer_;
  testing::FollowedFiles files_;
  std::string rest_;  // of a half-written line
  int number_ = 0;
  int begun_ = 0;  // files with something in them
  int rotations_ = 0;
  bool copied_ = false;  // it was copied, and is about to be truncated
  bool behind_ = false;  // the writer has not noticed that its file was renamed
  std::map<std::string, int> written_;
  std::set<std::string> may_be_lost_;
};

unsigned Number(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// LOGMILL_SEEDS: how many, LOGMILL_SEED: the first. With one seed only, every step is told.
void LiveLives(Life::Options options, const std::vector<unsigned>& failed_once) {
  const unsigned first = Number("LOGMILL_SEED", 1);
  const unsigned count = Number("LOGMILL_SEEDS", 250);
  std::vector<unsigned> seeds = failed_once;
  if (count == 1) seeds.clear();
  for (unsigned i = 0; i < count; ++i) seeds.push_back(first + i);
  for (const unsigned seed : seeds) {
    const char* const pattern = seed % 2 == 0 ? "app.log" : "app.log*";
    Life life(seed, pattern, options, count == 1);
    life.Run(static_cast<int>(20 + seed % 100));
    EXPECT_EQ(life.Complaint(), "") << "seed " << seed << ", pattern " << pattern;
  }
}

TEST(FileSetRandomTest, EveryLineIsSeenExactlyOnce) {
  LiveLives({}, {279, 349, 353, 373, 388, 399, 448, 567, 597, 829, 869, 953, 975, 1098, 1331, 1382, 1485, 1657, 1993});
}

TEST(FileSetRandomTest, EvenIfAllFilesBeginAlike) {
  LiveLives({.most_banner_bytes = 6000},
            {262, 279, 313, 334, 354, 363, 377, 388, 390, 456, 551, 576, 696, 829, 953, 1154, 1297, 1540, 1657, 1696, 1872, 1993, 3051});
}

TEST(FileSetRandomTest, WhateverHappensDuringCopytruncate) { LiveLives({.interrupted = true}, {2201}); }

TEST(FileSetRandomTest, WhateverHappensDuringCopytruncateOfFilesThatBeginAlike) {
  LiveLives({.most_banner_bytes = 3000, .interrupted = true}, {653, 789});
}

}  // namespace
}  // namespace logmill
