#include "rules/teddy.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace logmill {
namespace {

constexpr size_t kComplete = Teddy::kBlock - Teddy::kWindow + 1;  // windows that lie inside of a block

#if defined(__x86_64__)

__attribute__((target("ssse3"))) inline __m128i Table(const std::array<uint8_t, 16>& table) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(table.data()));
}

// Misses of sixteen bytes for one place of the window.
__attribute__((target("ssse3"))) inline __m128i MissesAt(const Teddy::Misses& tables, size_t place, __m128i bytes) {
  const __m128i half = _mm_set1_epi8(15);
  const __m128i low = _mm_shuffle_epi8(Table(tables.low[place]), _mm_and_si128(bytes, half));
  return _mm_or_si128(low, _mm_shuffle_epi8(Table(tables.high[place]), _mm_and_si128(_mm_srli_epi16(bytes, 4), half)));
}

// Both halves of a block: the misses of a place of the window, moved to where the window begins and added.
struct Pair {
  __m128i first, second;
};

template <int kPlace>
__attribute__((target("ssse3"))) inline void AddMisses(const Teddy::Misses& tables, const Pair& bytes, Pair* misses) {
  const __m128i first = MissesAt(tables, kPlace, bytes.first);
  const __m128i second = MissesAt(tables, kPlace, bytes.second);
  misses->first = _mm_or_si128(misses->first, _mm_alignr_epi8(second, first, kPlace));
  misses->second = _mm_or_si128(misses->second, _mm_srli_si128(second, kPlace));
}

__attribute__((target("ssse3"))) inline uint32_t Full(__m128i misses) {
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(misses, _mm_set1_epi8(-1))));
}

__attribute__((target("ssse3"))) uint32_t LookUpSsse3(const Teddy::Misses& tables, const char* block, uint8_t* result) {
  auto* to = reinterpret_cast<__m128i*>(result);
  const auto* from = reinterpret_cast<const __m128i*>(block);
  const Pair bytes{_mm_loadu_si128(from), _mm_loadu_si128(from + 1)};
  Pair misses{_mm_setzero_si128(), _mm_setzero_si128()};
  AddMisses<0>(tables, bytes, &misses);
  AddMisses<1>(tables, bytes, &misses);
  AddMisses<2>(tables, bytes, &misses);
  AddMisses<3>(tables, bytes, &misses);
  _mm_storeu_si128(to, misses.first);
  _mm_storeu_si128(to + 1, misses.second);
  return ~(Full(misses.first) | Full(misses.second) << 16);
}

__attribute__((target("avx2"))) inline __m256i Table2(const std::array<uint8_t, 16>& table) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(table.data())));
}

// As above for a whole block, whose bytes come as halves of their own.
template <int kPlace>
__attribute__((target("avx2"))) inline __m256i MissesOf(const Teddy::Misses& tables, __m256i low, __m256i high) {
  const __m256i misses =
      _mm256_or_si256(_mm256_shuffle_epi8(Table2(tables.low[kPlace]), low), _mm256_shuffle_epi8(Table2(tables.high[kPlace]), high));
  if constexpr (kPlace == 0) return misses;
  return _mm256_alignr_epi8(_mm256_permute2x128_si256(misses, misses, 0x81), misses, kPlace);
}

__attribute__((target("avx2"))) uint32_t LookUpAvx2(const Teddy::Misses& tables, const char* block, uint8_t* result) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block));
  const __m256i half = _mm256_set1_epi8(15);
  const __m256i low = _mm256_and_si256(bytes, half);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
  const __m256i front = _mm256_or_si256(MissesOf<0>(tables, low, high), MissesOf<1>(tables, low, high));
  const __m256i back = _mm256_or_si256(MissesOf<2>(tables, low, high), MissesOf<3>(tables, low, high));
  const __m256i misses = _mm256_or_si256(front, back);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(result), misses);
  return ~static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(misses, _mm256_set1_epi8(-1))));
}

#endif

}  // namespace

Teddy::Processor Teddy::ThisProcessor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return Processor::kAvx2;
  if (__builtin_cpu_supports("ssse3")) return Processor::kSsse3;
#endif
  return Processor::kNone;
}

Teddy::Teddy(const std::vector<LiteralEntry>& entries, [[maybe_unused]] Processor processor) {
  for (auto& table : tables_.low) table.fill(0xFF);
  for (auto& table : tables_.high) table.fill(0xFF);
#if defined(__x86_64__)
  look_up_ = processor == Processor::kAvx2 ? LookUpAvx2 : LookUpSsse3;
#endif
  // Short literals have the least choice, so they choose first.
  std::vector<const LiteralEntry*> order;
  for (const LiteralEntry& entry : entries) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->literal.size() < b->literal.size(); });
  TeddyBuckets buckets;
  for (const LiteralEntry* entry : order) {
    const auto [bucket, offset] = buckets.Place(entry->literal);
    Add(*entry, offset, bucket);
  }
  expected_comparisons_ = buckets.expected_comparisons();
}

void Teddy::Add(const LiteralEntry& entry, size_t offset, size_t bucket) {
  const std::string_view window = std::string_view(entry.literal).substr(offset, kWindow);
  const auto unset = static_cast<uint8_t>(~(1U << bucket));
  for (size_t place = 0; place < kWindow; ++place) {
    for (size_t half = 0; half < 16; ++half) {
      const bool open = place >= window.size();
      const size_t byte = open ? 0 : static_cast<uint8_t>(window[place]);
      if (open || half == byte % 16) tables_.low[place][half] &= unset;
      if (open || half == byte / 16) tables_.high[place][half] &= unset;
    }
  }
  const std::string ones(window.size(), static_cast<char>(0xFF));
  needles_[bucket].push_back({.window = Load(window, 0),
                              .mask = Load(ones, 0),
                              .offset = static_cast<uint32_t>(offset),
                              .begin = static_cast<uint32_t>(texts_.size()),
                              .size = static_cast<uint32_t>(entry.literal.size()),
                              .id = entry.id});
  texts_ += entry.literal;
}

// Blocks overlap, as the last windows of each are not complete; the last block ends with the text.
bool Teddy::FindCandidates(std::string_view text, size_t* from, Candidates* candidates) const {
  if (text.size() < kBlock) return FindInShort(text, from, candidates);
  const size_t last = text.size() - kBlock;
  while (*from < text.size()) {
    const size_t begin = std::min(*from, last);
    const size_t seen = *from - begin;
    uint32_t places = look_up_(tables_, text.data() + begin, candidates->misses.data()) >> seen << seen;
    if (begin != last) places &= (1U << kComplete) - 1;
    *from = begin == last ? text.size() : begin + kComplete;
    if (places == 0) continue;
    candidates->begin = begin;
    candidates->places = places;
    return true;
  }
  return false;
}

bool Teddy::FindInShort(std::string_view text, size_t* from, Candidates* candidates) const {
  std::array<char, kBlock> block{};
  std::copy(text.begin(), text.end(), block.begin());
  candidates->begin = 0;
  candidates->places = look_up_(tables_, block.data(), candidates->misses.data()) & ((1U << text.size()) - 1);
  *from = text.size();
  return candidates->places != 0;
}

}  // namespace logmill
