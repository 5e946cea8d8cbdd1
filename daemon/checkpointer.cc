#include "daemon/checkpointer.h"

#include <algorithm>
#include <utility>

namespace logmill {

using std::chrono::nanoseconds;

Checkpointer::Checkpointer(CheckpointerOptions options, StateFolder& folder, const Clock& clock)
    : options_(std::move(options)),
      folder_(folder),
      clock_(clock),
      generation_(options_.generation),
      began_ns_(clock.Monotonic().count()) {}

void Checkpointer::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (Wait() <= nanoseconds::zero()) {
      WriteNow();
      continue;
    }
    std::unique_lock lock(waiting_);
    const bool asked = requested_;
    wake_.wait_for(lock, stop, Wait(), [&] { return requested_ != asked; });
  }
}

void Checkpointer::RequestSoon() {
  if (requested_.exchange(true)) return;
  {
    const std::lock_guard lock(waiting_);
  }  // Run is either before its look at `requested_`, or waits
  wake_.notify_all();
}

nanoseconds Checkpointer::Wait() const {
  const nanoseconds rest(kRest * took_ns_.load());
  const nanoseconds pause = requested_ ? rest : std::max<nanoseconds>(options_.interval, rest);
  return nanoseconds(began_ns_.load()) + pause - clock_.Monotonic();
}

bool Checkpointer::WriteNow() {
  const MutexLock lock(writing_);
  requested_ = false;  // before gathering: who asks from now on may know of something newer
  const nanoseconds began = clock_.Monotonic();
  began_ns_ = began.count();
  const bool done = WriteNext();
  took_ns_ = (clock_.Monotonic() - began).count();
  return done;
}

bool Checkpointer::WriteNext() {
  const nanoseconds began = clock_.Monotonic();
  const uint64_t changes = options_.changes ? options_.changes() : 0;
  if (options_.changes && !on_disk_.empty() && changes == changes_on_disk_) {
    Skipped(clock_.UnixMillis());
    return true;
  }
  std::optional<Checkpoint> checkpoint = options_.gather();
  if (!checkpoint || !Write(std::move(*checkpoint), began)) return false;
  changes_on_disk_ = changes;
  return true;
}

bool Checkpointer::Write(Checkpoint checkpoint, nanoseconds began) {
  const int64_t gathered_ms = clock_.UnixMillis();
  checkpoint.generation = generation_ + 1;
  checkpoint.written_ms = gathered_ms;
  checkpoint.version = options_.version;
  std::string bytes = EncodeCheckpoint(checkpoint);
  if (!on_disk_.empty() && CheckpointContent(bytes) == CheckpointContent(on_disk_)) {
    Skipped(gathered_ms);
    return true;
  }
  ++generation_;
  const auto written = folder_.Write(bytes);
  if (!written) {
    Failed(written.error());
    return false;
  }
  on_disk_ = std::move(bytes);
  ++stats_.written;
  stats_.size_bytes = on_disk_.size();
  stats_.duration_seconds = std::chrono::duration<double>(clock_.Monotonic() - began).count();
  stats_.up_to_date_ms = gathered_ms;
  if (options_.on_written) options_.on_written();
  Succeeded();
  return true;
}

void Checkpointer::Skipped(int64_t up_to_date_ms) {
  ++stats_.skipped;
  stats_.up_to_date_ms = up_to_date_ms;
}

void Checkpointer::Failed(const std::string& sentence) {
  ++stats_.failed;
  on_disk_.clear();  // the folder may hold either one now
  if (errors_.insert(sentence).second && options_.on_error) options_.on_error(sentence);
}

void Checkpointer::Succeeded() {
  if (!errors_.empty() && options_.on_recovery) options_.on_recovery("the checkpoint in " + folder_.path() + " is written again");
  errors_.clear();
}

}  // namespace logmill
