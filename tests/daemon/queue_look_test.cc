#include "daemon/queue_look.h"

#include <gtest/gtest.h>

#include "collectors/queue_families.h"
#include "collectors/queue_options.h"

namespace logmill {
namespace {

TEST(QueueLook, ReadsWhatTheCollectorOfTheQueuesShows) {
  Queues queues;
  queues["ocr"].state.jobs[static_cast<size_t>(QueueStatus::kWaiting)] = 1;
  queues["ocr"].state.jobs[static_cast<size_t>(QueueStatus::kActive)] = 2;
  queues["ocr"].state.jobs[static_cast<size_t>(QueueStatus::kFailed)] = 3;
  queues["sidecar"].state.paused = true;
  Collected page;
  AddQueueFamilies(queues, WantedStatuses(QueueOptions()), page.families[IndexOf(Endpoint::kMicroservices)]);
  const auto snapshot = std::make_shared<const Collected>(std::move(page));

  const QueueLook look = ReadQueues(snapshot);
  EXPECT_EQ(look.snapshot, snapshot);
  ASSERT_EQ(look.queues.size(), 2U);
  EXPECT_EQ(look.queues.at("ocr").waiting, 1);
  EXPECT_EQ(look.queues.at("ocr").active, 2);
  EXPECT_EQ(look.queues.at("ocr").failed, 3);
  EXPECT_FALSE(look.queues.at("ocr").paused);
  EXPECT_TRUE(look.queues.at("sidecar").paused);
}

TEST(QueueLook, NoSnapshotHasNoQueues) { EXPECT_TRUE(ReadQueues(nullptr).queues.empty()); }

}  // namespace
}  // namespace logmill
