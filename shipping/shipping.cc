#include "shipping/shipping.h"

#include <algorithm>
#include <utility>

namespace logmill {

std::expected<std::unique_ptr<Shipping>, std::string> Shipping::Open(SpoolOptions options, const Clock& clock) {
  options.not_before = std::max(options.not_before, HighestCursor(options.folder));
  auto spool = Spool::Open(std::move(options), clock);
  if (!spool) return std::unexpected(spool.error());
  return std::unique_ptr<Shipping>(new Shipping(std::move(*spool), clock));
}

Shipping::Shipping(std::unique_ptr<Spool> spool, const Clock& clock) : spool_(std::move(spool)), clock_(clock) {}

Shipping::~Shipping() { Stop(); }

void Shipping::Add(ShipperOptions options, std::unique_ptr<Destination> destination) {
  options.on_cursor = [this] { ReleaseDelivered(); };
  shippers_.push_back(std::make_unique<Shipper>(std::move(options), std::move(destination), *spool_, clock_));
}

void Shipping::Start() {
  started_ = true;
  for (const auto& shipper : shippers_) {
    threads_.emplace_back([&shipper](const std::stop_token& stop) { shipper->Run(stop); });
  }
}

void Shipping::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  spool_->WakeAll();
  threads_.clear();
}

void Shipping::KeepFrom(uint64_t sequence) {
  keep_from_.store(sequence, std::memory_order_relaxed);
  ReleaseDelivered();
}

bool Shipping::blocks() const {
  return std::ranges::any_of(shippers_, [](const auto& shipper) { return shipper->blocks(); });
}

// What every destination has, or has given up, need not be kept.
void Shipping::ReleaseDelivered() {
  if (!started_) return;
  uint64_t delivered = keep_from_.load(std::memory_order_relaxed);
  for (const auto& shipper : shippers_) delivered = std::min(delivered, shipper->cursor());
  spool_->Release(delivered);
}

}  // namespace logmill
