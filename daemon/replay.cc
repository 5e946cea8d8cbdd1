#include "daemon/replay.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <expected>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "sources/gzip.h"

namespace logmill {
namespace {

// Size of a regular file that is not compressed; 0 for everything that cannot be read in parts.
uint64_t DivisibleSize(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  std::array<char, 2> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  return BeginsLikeGzip(std::string_view(head.data(), head.size())) ? 0 : static_cast<uint64_t>(status.st_size);
}

// False when it is known beforehand that lines are looked at together.
bool LinesAreRecords(const StreamOptions& options) {
  return options.framing == Framing::kNone && !options.join.enabled && options.format != InputFormat::kConsole;
}

}  // namespace

struct Replay::Part {
  uint64_t begin;
  uint64_t end;

  // A stream that counts the lines that begin in this part.
  static std::expected<std::unique_ptr<Stream>, std::string> Open(const std::string& path, const Part& part, StreamContext& context) {
    // One byte earlier: whether the part begins with a new line is decided by the byte before it.
    const uint64_t start = part.begin == 0 ? 0 : part.begin - 1;
    auto source = ReadFileRange(path, start, UINT64_MAX);
    if (!source) return std::unexpected(source.error());
    auto stream = std::make_unique<Stream>(std::move(*source), context, start);
    stream->LimitTo(part.begin, part.end);
    return stream;
  }
};

// Counts one part of a file into a store of its own.
class Replay::Counter {
 public:
  Counter(const RuleSet& rules, const StreamOptions& options)
      : store_(rules.families(), SystemClock()), matcher_(rules, store_.AddShard()), context_(options, matcher_, ledger_) {}

  void Count(const std::string& path, const Part& part) {
    auto stream = Part::Open(path, part, context_);
    if (!stream) {
      error_ = stream.error();
    } else if (!(*stream)->PumpToEnd()) {
      error_ = (*stream)->error();
    } else {
      assembled_ = (*stream)->assembled();
    }
  }

  const Store& store() const { return store_; }
  const Matcher& matcher() const { return matcher_; }
  const Ledger& ledger() const { return ledger_; }
  const std::string& error() const { return error_; }
  // Lines of this part may belong to a record that begins in the part before, or ends in the one behind.
  bool assembled() const { return assembled_; }

 private:
  Store store_;
  Matcher matcher_;
  Ledger ledger_;
  StreamContext context_;
  std::string error_;
  bool assembled_ = false;
};

// Hands parts to threads and gives the results back in the order of the file.
class Replay::PartQueue {
 public:
  PartQueue(size_t parts, size_t window) : parts_(parts), window_(window) {}

  // The next part to count; false when there is none, or counting in parts has ended. Waits while too many results lie about.
  bool Take(size_t* index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || next_ >= parts_ || next_ < taken_in_ + window_; });
    if (stopped_ || next_ >= parts_) return false;
    *index = next_++;
    return true;
  }

  void Put(size_t index, std::unique_ptr<Counter> counter) {
    const std::lock_guard lock(mutex_);
    results_[index] = std::move(counter);
    changed_.notify_all();
  }

  std::unique_ptr<Counter> Await(size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return results_.contains(index); });
    taken_in_ = index + 1;
    changed_.notify_all();
    return std::move(results_.extract(index).mapped());
  }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  const size_t parts_;
  const size_t window_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<size_t, std::unique_ptr<Counter>> results_;
  size_t next_ = 0;
  size_t taken_in_ = 0;
  bool stopped_ = false;
};

Replay::Replay(const RuleSet& rules, Store& store, ReplayOptions options)
    : rules_(rules),
      store_(store),
      options_(std::move(options)),
      matcher_(std::make_unique<Matcher>(rules, store.AddShard())),
      context_(std::make_unique<StreamContext>(options_.stream, *matcher_, ledger_)),
      matches_(rules.rules().size()),
      value_errors_(rules.rules().size()) {}

Replay::~Replay() = default;

std::vector<std::string> Replay::Run() {
  uint64_t total = 0;
  bool known = true;
  for (const std::string& path : options_.inputs) {
    const uint64_t size = path == "-" ? 0 : DivisibleSize(path);
    known = known && size > 0;
    total += size;
  }
  progress_.bytes_total = known ? total : 0;
  for (const std::string& path : options_.inputs) CountFile(path);
  AddStats(*matcher_);
  return std::move(errors_);
}

void Replay::CountFile(const std::string& path) {
  const uint64_t size = path == "-" ? 0 : DivisibleSize(path);
  if (options_.threads > 1 && size > options_.part_bytes && LinesAreRecords(options_.stream)) {
    CountInParts(path, size);
    return;
  }
  auto source = path == "-" ? ReadDescriptor(STDIN_FILENO, "stdin") : ReadFile(path);
  if (!source) {
    errors_.push_back(source.error());
    return;
  }
  Stream stream(std::move(*source), *context_);
  CountStream(stream);
}

void Replay::CountStream(Stream& stream) {
  const uint64_t before = progress_.bytes_done - ledger_.bytes_read;
  while (true) {
    const Stream::Status status = stream.Pump();
    progress_.bytes_done.store(before + ledger_.bytes_read, std::memory_order_relaxed);
    if (status == Stream::Status::kError) {
      errors_.push_back(stream.error());
      // What was read before the damage counts, its last unfinished line too: damaged gzip ends right behind its error.
      (void)stream.Pump();
      progress_.bytes_done.store(before + ledger_.bytes_read, std::memory_order_relaxed);
    }
    if (status != Stream::Status::kProgress) return;
  }
}

void Replay::CountInParts(const std::string& path, uint64_t size) {
  std::vector<Part> parts;
  for (uint64_t begin = 0; begin < size; begin += options_.part_bytes) {
    parts.push_back({begin, std::min(size, begin + options_.part_bytes)});
  }
  PartQueue queue(parts.size(), size_t{2} * options_.threads);
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < std::min<size_t>(options_.threads, parts.size()); ++i) {
    threads.emplace_back([&] {
      for (size_t index = 0; queue.Take(&index);) {
        auto counter = std::make_unique<Counter>(rules_, options_.stream);
        counter->Count(path, parts[index]);
        queue.Put(index, std::move(counter));
      }
    });
  }
  size_t next = 0;
  bool independent = true;
  for (; next < parts.size() && independent; ++next) {
    const auto counter = queue.Await(next);
    independent = TakeIn(*counter);
    if (independent) progress_.bytes_done.fetch_add(parts[next].end - parts[next].begin, std::memory_order_relaxed);
    if (!counter->error().empty()) errors_.push_back(counter->error());
  }
  queue.Stop();
  threads.clear();
  if (independent) return;
  // A budget overflows, so which label values get a series of their own now depends on everything before; or lines make records together.
  // One after the other, then.
  CountRange(path, {parts[next - 1].begin, size});
}

void Replay::CountRange(const std::string& path, const Part& part) {
  auto stream = Part::Open(path, part, *context_);
  if (stream) {
    CountStream(**stream);
  } else {
    errors_.push_back(stream.error());
  }
}

bool Replay::TakeIn(const Counter& counter) {
  if (counter.assembled() || !store_.MergeFrom(counter.store())) return false;
  AddLedger(ledger_, counter.ledger());
  AddStats(counter.matcher());
  return true;
}

void Replay::AddStats(const Matcher& matcher) {
  for (RuleId id = 0; id < matches_.size(); ++id) {
    matches_[id] += matcher.stats(id).matches;
    value_errors_[id] += matcher.stats(id).value_errors;
  }
}

}  // namespace logmill
