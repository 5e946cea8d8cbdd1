// Which of many literals occur in a text, thirty-two bytes at a time (Teddy: the way of Hyperscan's literal matcher, NSDI 2019, section 4).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "rules/literal_entry.h"
#include "rules/teddy_buckets.h"

namespace logmill {

// Of each literal four neighbouring bytes, its window, stand in one of eight buckets. For each of the four places and each half of a byte
// a table says which buckets have no window with such a half there, and the processor looks thirty-two bytes up at once. Where the four
// places leave a bucket over, the bucket's literals are compared with the text. Windows and buckets are chosen so that this seldom happens
// in vain (teddy_buckets.h). Immutable, shared by all threads.
class Teddy {
 public:
  enum class Processor : uint8_t { kNone, kSsse3, kAvx2 };
  static Processor ThisProcessor();

  // `processor`: what ThisProcessor() says or less, but not kNone.
  Teddy(const std::vector<LiteralEntry>& entries, Processor processor);

  // How many literals have to be compared with the text at one of its bytes, estimated for text as logs have it.
  [[nodiscard]] double expected_comparisons() const { return expected_comparisons_; }

  // Calls `found(id)` for each literal that occurs, in no certain order and as often as it does.
  template <typename Found>
  void Scan(std::string_view text, Found&& found) const {
    Candidates candidates;
    for (size_t from = 0; from < text.size() && FindCandidates(text, &from, &candidates);) {
      for (uint32_t left = candidates.places; left != 0; left &= left - 1) {
        const auto place = static_cast<size_t>(std::countr_zero(left));
        Compare(text, candidates.begin + place, static_cast<uint8_t>(~candidates.misses[place]), found);
      }
    }
  }

  static constexpr size_t kWindow = TeddyBuckets::kWindow;
  static constexpr size_t kBlock = 32;

  // By place in the window and half of a byte: bit b is set when no window of bucket b has that half there. Literals shorter than a window
  // leave its last places open.
  struct Misses {
    alignas(16) std::array<std::array<uint8_t, 16>, kWindow> low;
    alignas(16) std::array<std::array<uint8_t, 16>, kWindow> high;
  };

 private:
  struct Needle {
    uint32_t window;  // as Load() gives it, zeros outside of `mask`
    uint32_t mask;    // which of its bytes the literal has
    uint32_t offset;  // of the window in the literal
    uint32_t begin;   // of the literal in texts_
    uint32_t size;
    uint32_t id;
  };
  // Bytes of the text at which a literal's window may stand.
  struct Candidates {
    size_t begin;
    uint32_t places;                     // bit i: at begin + i
    std::array<uint8_t, kBlock> misses;  // by place: buckets none of whose windows can stand there
  };

  // The next candidates at or behind `*from`, which moves behind the bytes that were looked at. False: there are no more.
  bool FindCandidates(std::string_view text, size_t* from, Candidates* candidates) const;
  bool FindInShort(std::string_view text, size_t* from, Candidates* candidates) const;
  void Add(const LiteralEntry& entry, size_t offset, size_t bucket);

  static uint32_t Load(std::string_view text, size_t at) {
    uint32_t bytes = 0;
    if (text.size() - at >= kWindow) {
      std::memcpy(&bytes, text.data() + at, kWindow);
    } else {
      std::memcpy(&bytes, text.data() + at, text.size() - at);
    }
    return bytes;
  }

  // Whether the literal stands in the text with its window at `at`.
  [[nodiscard]] bool Occurs(const Needle& needle, std::string_view text, size_t at) const {
    const std::string_view literal = std::string_view(texts_).substr(needle.begin, needle.size);
    return needle.offset <= at && text.substr(at - needle.offset, needle.size) == literal;
  }

  template <typename Found>
  void Compare(std::string_view text, size_t at, uint32_t buckets, Found& found) const {
    const uint32_t bytes = Load(text, at);
    for (; buckets != 0; buckets &= buckets - 1) {
      for (const Needle& needle : needles_[static_cast<size_t>(std::countr_zero(buckets))]) {
        if ((bytes & needle.mask) == needle.window && Occurs(needle, text, at)) found(needle.id);
      }
    }
  }

  // Looks kBlock bytes up; the result has a bit for each that some bucket is left over for. What is behind the block counts as fitting.
  using LookUp = uint32_t (*)(const Misses& tables, const char* block, uint8_t* misses);

  Misses tables_;
  LookUp look_up_ = nullptr;
  std::array<std::vector<Needle>, TeddyBuckets::kBuckets> needles_;
  std::string texts_;
  double expected_comparisons_ = 0;
};

}  // namespace logmill
