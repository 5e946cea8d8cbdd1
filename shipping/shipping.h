// Everything that ships logs: the spool and a shipper for each destination, with their threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "shipping/shipper.h"
#include "shipping/spool.h"

namespace logmill {

class Shipping {
 public:
  // Opens the spool, with what an earlier life left in it; or says why not. `clock` outlives it. Cursors are in the spool's folder: what
  // they know is added to options.not_before.
  static std::expected<std::unique_ptr<Shipping>, std::string> Open(SpoolOptions options, const Clock& clock);
  // Stop().
  ~Shipping();
  Shipping(const Shipping&) = delete;
  Shipping& operator=(const Shipping&) = delete;

  // Before Start(). Its records are kept in the spool until they are delivered.
  void Add(ShipperOptions options, std::unique_ptr<Destination> destination);
  void Start();
  // Each shipper tries to deliver what is in the spool, all at once, for its stop_patience; the rest stays there for the next life.
  void Stop();

  [[nodiscard]] Spool& spool() { return *spool_; }
  [[nodiscard]] const Spool& spool() const { return *spool_; }
  // What comes from `sequence` on stays in the spool, delivered or not: it is needed to tell what would be spooled a second time after a
  // crash. Any thread.
  void KeepFrom(uint64_t sequence);
  // Some destination is behind by more than it may be, and wants reading to wait. Any thread.
  [[nodiscard]] bool blocks() const;
  // Constant after Start().
  [[nodiscard]] const std::vector<std::unique_ptr<Shipper>>& shippers() const { return shippers_; }

 private:
  Shipping(std::unique_ptr<Spool> spool, const Clock& clock);
  void ReleaseDelivered();

  const std::unique_ptr<Spool> spool_;
  const Clock& clock_;
  std::atomic<uint64_t> keep_from_{UINT64_MAX};
  std::atomic<bool> started_{false};  // before that, not all cursors are known
  std::vector<std::unique_ptr<Shipper>> shippers_;
  std::vector<std::jthread> threads_;
};

}  // namespace logmill
