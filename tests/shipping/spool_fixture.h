// A spool in a folder of its own, with a clock that tests set and calls that fail when they say so.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "shipping/spool.h"
#include "shipping/spool_header.h"
#include "tests/shipping/faulty_spool_calls.h"
#include "tests/shipping/sample_records.h"
#include "tests/sources/temporary_folder.h"
#include "tests/support/fake_clock.h"

namespace logmill::testing {

class SpoolFixture : public ::testing::Test {
 protected:
  void Reopen(uint64_t not_before = 1) {
    spool_.reset();
    auto spool = Spool::Open({.folder = path_, .segment_bytes = segment_bytes_, .not_before = not_before}, clock_, &calls_);
    ASSERT_TRUE(spool) << spool.error();
    spool_ = std::move(*spool);
  }
  void SetUp() override { Reopen(); }

  // Names of the segments on disk.
  [[nodiscard]] std::vector<std::string> Segments() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().extension() == ".spool") names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] uint64_t BytesOnDisk() const {
    uint64_t bytes = 0;
    for (const std::string& name : Segments()) bytes += std::filesystem::file_size(path_ + "/" + name);
    return bytes;
  }
  // One full segment from each batch.
  void AppendSegments(size_t count) {
    for (size_t i = 0; i < count; ++i) ASSERT_TRUE(AppendSamples(*spool_, spool_->next_sequence(), 10, segment_bytes_ / 10));
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.Path("spool");
  FakeClock clock_;
  FaultySpoolCalls calls_;
  size_t segment_bytes_ = 10'000;
  std::unique_ptr<Spool> spool_;
};

}  // namespace logmill::testing
