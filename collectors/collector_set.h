// All collectors, each with a thread of its own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "collectors/collector.h"
#include "collectors/runner.h"

namespace logmill {

// One more thread watches the deadlines of all, about four times a second.
class CollectorSet {
 public:
  // `clock` outlives it.
  explicit CollectorSet(const Clock& clock) : clock_(clock) {}
  ~CollectorSet() { Stop(); }
  CollectorSet(const CollectorSet&) = delete;
  CollectorSet& operator=(const CollectorSet&) = delete;

  // Before Start().
  void Add(CollectorOptions options, std::unique_ptr<Collector> collector);
  // Once. Each collector's first refresh begins at once.
  void Start();
  // Interrupts and joins everything. The last snapshots stay, until they are stale.
  void Stop();

  // In the order of Add().
  [[nodiscard]] const std::vector<std::unique_ptr<CollectorRunner>>& runners() const { return runners_; }

 private:
  void Watch(const std::stop_token& stop);

  const Clock& clock_;
  std::vector<std::unique_ptr<CollectorRunner>> runners_;
  std::mutex waiting_;
  std::condition_variable_any wake_;
  std::jthread watcher_;               // ends after the others: it interrupts them until then
  std::vector<std::jthread> threads_;  // as the runners
};

}  // namespace logmill
