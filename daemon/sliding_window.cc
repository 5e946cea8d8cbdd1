#include "daemon/sliding_window.h"

namespace logmill {

void SlidingWindow::Add(std::chrono::nanoseconds now, double amount) {
  while (!parts_.empty() && now - parts_.front().at >= length_) parts_.pop_front();
  if (amount != 0) parts_.push_back({now, amount});
}

double SlidingWindow::Sum() const {
  double sum = 0;
  for (const Part& part : parts_) sum += part.amount;
  return sum;
}

std::chrono::nanoseconds SlidingWindow::Stretch() const { return parts_.empty() ? std::chrono::nanoseconds(0) : newest() - oldest(); }

}  // namespace logmill
