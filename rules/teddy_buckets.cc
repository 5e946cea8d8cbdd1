#include "rules/teddy_buckets.h"

#include <algorithm>
#include <limits>

namespace logmill {
namespace {

constexpr size_t kOffsets = 64;  // tried at most
// What a candidate costs before its bucket's literals are compared, in such comparisons.
constexpr double kCandidateCost = 4;

// A rough share of each byte in log messages: words, numbers, hexadecimal ids, paths.
constexpr double Share(size_t byte) {
  constexpr std::string_view kLetters = "etaoinsrdlcuhmpfgbywvkxjqz";
  constexpr std::string_view kMarks = "/-.:_\"";
  const char c = static_cast<char>(byte);
  if (c == ' ') return 0.1;
  if (const size_t rank = kLetters.find(c); rank != kLetters.npos) return 0.07 * static_cast<double>(26 - rank) / 26;
  if (c >= '0' && c <= '9') return 0.02;
  if (kMarks.find(c) != kMarks.npos) return 0.015;
  return c >= 'A' && c <= 'Z' ? 0.004 : 0.001;
}

// By high half and set of low halves (its lower and its upper eight apart): the share of all such bytes.
struct SharesOfSets {
  std::array<std::array<std::array<double, 256>, 2>, 16> by_high{};

  SharesOfSets() {
    for (size_t high = 0; high < 16; ++high) {
      for (size_t set = 0; set < 256; ++set) {
        for (size_t bit = 0; bit < 8; ++bit) {
          if ((set >> bit & 1) == 0) continue;
          by_high[high][0][set] += Share(high * 16 + bit);
          by_high[high][1][set] += Share(high * 16 + 8 + bit);
        }
      }
    }
  }
};

double ShareOf(uint16_t low, uint16_t high) {
  static const SharesOfSets shares;
  double sum = 0;
  for (size_t half = 0; half < 16; ++half) {
    if ((high >> half & 1) == 0) continue;
    sum += shares.by_high[half][0][low & 0xFF] + shares.by_high[half][1][low >> 8];
  }
  return std::min(sum, 1.0);
}

}  // namespace

TeddyBuckets::Bucket TeddyBuckets::Bucket::With(const Window& other) const {
  Bucket sum = *this;
  for (size_t place = 0; place < kWindow; ++place) {
    sum.window[place].low |= other[place].low;
    sum.window[place].high |= other[place].high;
  }
  ++sum.literals;
  return sum;
}

double TeddyBuckets::Bucket::Comparisons() const {
  if (literals == 0) return 0;
  double share = 1;
  for (const Halves& halves : window) share *= ShareOf(halves.low, halves.high);
  return share * (kCandidateCost + static_cast<double>(literals));
}

TeddyBuckets::Window TeddyBuckets::WindowOf(std::string_view bytes) {
  Window window;
  window.fill({.low = 0xFFFF, .high = 0xFFFF});
  for (size_t place = 0; place < bytes.size(); ++place) {
    const auto byte = static_cast<uint8_t>(bytes[place]);
    window[place] = {.low = static_cast<uint16_t>(1U << byte % 16), .high = static_cast<uint16_t>(1U << byte / 16)};
  }
  return window;
}

TeddyBuckets::Position TeddyBuckets::Place(std::string_view literal) {
  const size_t windows = literal.size() <= kWindow ? 1 : std::min(literal.size() - kWindow + 1, kOffsets);
  Position best{};
  double least = std::numeric_limits<double>::infinity();
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    const double before = buckets_[bucket].Comparisons();
    for (size_t offset = 0; offset < windows; ++offset) {
      const double added = buckets_[bucket].With(WindowOf(literal.substr(offset, kWindow))).Comparisons() - before;
      if (added >= least) continue;
      least = added;
      best = {.bucket = bucket, .offset = offset};
    }
  }
  buckets_[best.bucket] = buckets_[best.bucket].With(WindowOf(literal.substr(best.offset, kWindow)));
  return best;
}

double TeddyBuckets::expected_comparisons() const {
  double sum = 0;
  for (const Bucket& bucket : buckets_) sum += bucket.Comparisons();
  return sum;
}

}  // namespace logmill
