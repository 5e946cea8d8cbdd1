// What happened within the last minutes.
#pragma once

#include <chrono>
#include <deque>

namespace logmill {

// Times are monotonic and never step back. Used by one thread; bounded by how often Add() is called within `length`.
class SlidingWindow {
 public:
  explicit SlidingWindow(std::chrono::nanoseconds length) : length_(length) {}

  // Moves the window's end to `now`, and adds `amount` there; nothing happened when it is 0.
  void Add(std::chrono::nanoseconds now, double amount);
  void Clear() { parts_.clear(); }

  // Of what is in the window.
  [[nodiscard]] double Sum() const;
  [[nodiscard]] bool empty() const { return parts_.empty(); }
  // When it is not empty.
  [[nodiscard]] std::chrono::nanoseconds oldest() const { return parts_.front().at; }
  [[nodiscard]] std::chrono::nanoseconds newest() const { return parts_.back().at; }
  // From the first to the last; 0 when there is one or none.
  [[nodiscard]] std::chrono::nanoseconds Stretch() const;

 private:
  struct Part {
    std::chrono::nanoseconds at;
    double amount;
  };

  const std::chrono::nanoseconds length_;
  std::deque<Part> parts_;
};

}  // namespace logmill
