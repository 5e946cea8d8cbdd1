// Where records leave the counting and enter shipping. One a worker, on its thread: copying is what counting pays for it, and waiting
// when the writer is behind by more than it may keep.
//
//   Record ─► wanted by the rules? ─► TakenBatch ─► SpoolWriter's thread: Admission ─► SpoolBatch ─► Spool
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/record.h"
#include "shipping/admission.h"
#include "shipping/spool.h"
#include "shipping/spool_writer.h"
#include "shipping/taken_batch.h"

namespace logmill {

struct IntakeOptions {
  AdmissionOptions admission = {};
  SpoolWriterOptions writer = {};
  size_t batch_bytes = size_t{1} << 20;  // then the batch goes to the writer: each wakes its thread
};

class Intake {
 public:
  Intake(IntakeOptions options, Spool& spool);
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // The next records come from here; its views are valid until the next call.
  void Begin(const Whence& whence);
  // `place`, `lane`: of the entry (ingest/entry.h). `wanted`: no rule says otherwise. The record is only looked at during the call.
  void Take(const Record& record, uint64_t place, std::string_view lane, bool wanted);
  // What gave no record is shipped as text: it is what people look for after a crash. But where values of fields are redacted nobody can
  // tell where they stand in it: counted as filtered.
  void TakeRejected(const Record& record, uint64_t place, std::string_view lane);
  // Everything taken so far is on its way into the spool.
  void Flush();
  // Waits until it is there; what cannot be written is given up, and counted: for when a checkpoint is to say that it was read. The
  // sequence number behind everything taken.
  uint64_t Settle();

  // There are records that an earlier life has appended and that may come again.
  [[nodiscard]] bool knows() const { return knows_; }
  [[nodiscard]] const IntakeCounts& counts() const { return counts_; }
  [[nodiscard]] std::vector<std::pair<std::string, uint64_t>> Redactions() const { return admission_.Redactions(); }
  // Goes on from the counters of an earlier life. Before the first record.
  void Restore(uint64_t appended, uint64_t filtered, uint64_t known, uint64_t failed);

 private:
  int64_t TimeOf(const Record& record);

  const size_t batch_bytes_;
  const bool knows_;
  const bool ships_rejected_;
  Spool& spool_;
  IntakeCounts counts_;
  Admission admission_;
  std::unique_ptr<TakenBatch> batch_ = std::make_unique<TakenBatch>();
  Whence whence_;
  bool begun_ = false;  // the batch knows whence_
  SpoolWriter writer_;
};

}  // namespace logmill
