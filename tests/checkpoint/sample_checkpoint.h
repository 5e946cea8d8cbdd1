// Checkpoints to be written and read again.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>

#include "checkpoint/checkpoint.h"

namespace logmill {

// A checkpoint with something of everything.
inline Checkpoint SampleCheckpoint(uint64_t generation = 1) {
  Checkpoint checkpoint{.generation = generation, .written_ms = 1'795'338'275'310, .version = "0.2.0"};
  checkpoint.counts = {{"source/gallery/lines_read", 12'345}, {"", std::numeric_limits<uint64_t>::max()}};
  checkpoint.positions.resize(3);
  Position& followed = checkpoint.positions[0];
  followed.source = "gallery";
  followed.file.path = "/var/log/gallery/app.log";
  followed.file.id = {.device = 2049, .inode = ~uint64_t{0}, .born_ns = -1};
  followed.file.read = 5'000;
  followed.file.head_hash = 0xFEDCBA9876543210;
  followed.file.head_bytes = 4'096;
  followed.file.tail = std::string("the last\0bytes\n\xFF", 16);
  followed.file.size = 6'000;
  followed.file.modified_ns = 1'795'338'275'310'123'456;
  followed.file.seen_ns = 1'795'338'275'310'123'457;
  followed.file.milestones = std::string("\1\0\2\3", 4);
  followed.offset = 4'990;
  followed.pending = "half of a block\n";
  Position& rotated = checkpoint.positions[1];
  rotated.source = "gallery";
  rotated.file.path = "/var/log/gallery/app.log";
  rotated.file.moved = true;
  rotated.file.finished = true;
  Position& journal = checkpoint.positions[2];
  journal.source = "journal";
  journal.cursor = "s=1;i=2";
  journal.offset = 77;
  journal.mid_line = true;
  checkpoint.series.families = {
      {.name = "messages_total", .label_names = {"level", "context"}, .fingerprint = 0x0123456789ABCDEF},
      {.name = "queue", .type = MetricType::kGauge, .label_names = {"queue"}, .fingerprint = 2},
      {.name = "duration_ms", .type = MetricType::kHistogram, .buckets = {-0.5, 1e300}, .fingerprint = ~uint64_t{0}},
      {.name = "never_total"}};
  checkpoint.series.families[0].series = {
      {.labels = {"log", "Api"}, .created_ms = 1'795'338'000'000, .writes = 7, .sum = {0, 7, 0, 0}},
      {.labels = {"log", std::string(1024, 'x')}, .created_ms = 1'795'337'000'000, .writes = 3, .sum = {1ull << 63, 2, 0, 0}},
      {.labels = {"", "log"}, .created_ms = std::numeric_limits<int64_t>::min(), .writes = 1, .sum = {1, 2, ~uint64_t{0}, 4}},
      {.labels = {"Api", ""}, .created_ms = std::numeric_limits<int64_t>::max()}};
  checkpoint.series.families[1].series = {
      {.labels = {"a"}, .writes = 2, .stamp = 9, .last = std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN())},
      {.labels = {"b"}}};
  checkpoint.series.families[2].series = {{.created_ms = 5, .writes = 4, .sum = {0, 0, 0, 99}, .buckets = {0, 1, 1000}}};
  return checkpoint;
}

}  // namespace logmill
