#include "shipping/shipping.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "tests/shipping/numbered_records.h"
#include "tests/shipping/scripted_destination.h"
#include "tests/shipping/temporary_folder.h"

namespace logmill {
namespace {

using namespace std::chrono_literals;

class ShippingTest : public testing::Test {
 protected:
  void Open() {
    shipping_.reset();
    auto shipping = Shipping::Open({.folder = folder_.Path("spool"), .segment_bytes = 4096}, SystemClock());
    ASSERT_TRUE(shipping) << shipping.error();
    shipping_ = std::move(*shipping);
  }
  void Add(const std::string& name, DestinationScript& script) {
    shipping_->Add({.name = name, .folder = folder_.Path("spool"), .batch_wait = 0ms, .stop_patience = 0ms},
                   std::make_unique<ScriptedDestination>(script));
  }
  void Append(uint64_t first, uint64_t last) {
    SpoolBatch batch(shipping_->spool().key());
    const NumberedRecords records(first, last);
    for (const ShipRecord& record : records.all()) batch.Add(record);
    ASSERT_TRUE(shipping_->spool().Append(batch));
  }
  void AwaitCursors(uint64_t sequence) {
    for (const auto& shipper : shipping_->shippers()) {
      const auto deadline = std::chrono::steady_clock::now() + 60s;
      while (shipper->cursor() < sequence && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      ASSERT_EQ(shipper->cursor(), sequence) << shipper->name();
    }
  }

  TemporaryFolder folder_;
  DestinationScript one_;
  DestinationScript other_;
  std::unique_ptr<Shipping> shipping_;
};

TEST_F(ShippingTest, WhatADestinationLacksIsThereInTheNextLife) {
  Open();
  Append(1, 500);
  Append(501, 1000);
  Open();
  // Whoever opens it knows the last checkpoint before it knows the destinations.
  shipping_->KeepFrom(1001);
  EXPECT_EQ(shipping_->spool().first_sequence(), 1U);
  Add("one", one_);
  Add("other", other_);
  EXPECT_EQ(shipping_->spool().first_sequence(), 1U);
  shipping_->Start();
  AwaitCursors(1001);
  shipping_->Stop();
  EXPECT_EQ(one_.calls.front().front(), 1U);
  EXPECT_EQ(other_.calls.back().back(), 1000U);
}

TEST_F(ShippingTest, WhatEveryDestinationHasIsReleasedButForWhatTheCheckpointNeeds) {
  Open();
  Add("one", one_);
  Append(1, 500);
  Append(501, 1000);
  shipping_->KeepFrom(1);
  shipping_->Start();
  AwaitCursors(1001);
  EXPECT_EQ(shipping_->spool().first_sequence(), 1U) << "the checkpoint may have to tell them from what is read again";
  shipping_->KeepFrom(1001);
  EXPECT_GT(shipping_->spool().first_sequence(), 1U);
}

TEST_F(ShippingTest, NumbersNeverComeAgain) {
  Open();
  Add("one", one_);
  Append(1, 10);
  shipping_->Start();
  AwaitCursors(11);
  shipping_->Stop();
  // The power failed: the cursor is on the disk, the records are not.
  shipping_.reset();
  for (const auto& file : std::filesystem::directory_iterator(folder_.Path("spool"))) {
    if (file.path().extension() == ".spool") std::filesystem::remove(file.path());
  }
  Open();
  EXPECT_EQ(shipping_->spool().next_sequence(), 11U);
}

}  // namespace
}  // namespace logmill
