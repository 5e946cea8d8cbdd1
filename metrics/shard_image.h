// A copy of all numbers of one shard, of one moment between two records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/family.h"
#include "metrics/series.h"
#include "metrics/store_state.h"

namespace logmill {

class Shard;

// Filled by Shard::Capture, read by Store::Assemble; one thread at a time. Used again for the same shard, it allocates nothing but for
// series that are new. Valid as long as the store.
struct ShardImage {
  struct Family {
    std::vector<const Series*> series;  // by first use in this shard
    std::vector<uint64_t> words;        // ImageWords() for each of them
  };
  const Shard* of = nullptr;
  std::vector<Family> families;
};

// How many words the image of a cell of this family takes.
size_t ImageWords(const FamilySpec& family);

// Copies cells of `family` one after the other. The cells' writer only.
void CopyCells(const FamilySpec& family, std::span<const SeriesCell* const> cells, uint64_t* words);

// Adds the image of one cell to what `state` holds: counts and sums add up, of gauges the last set wins.
void AddImage(const FamilySpec& family, const uint64_t* words, SeriesState& state);

}  // namespace logmill
