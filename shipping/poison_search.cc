#include "shipping/poison_search.h"

namespace logmill {

void PoisonSearch::Taken() {
  Away();
  if (searching_) ++proofs_;
}

void PoisonSearch::Away() {
  failures_ = 0;
  alone_.reset();
  waiting_ = false;
}

PoisonSearch::Next PoisonSearch::Failed(size_t first, size_t records, std::chrono::nanoseconds now) {
  if (!waiting_) waiting_since_ = now;
  waiting_ = true;
  if (!searching_ && ++failures_ < kAttempts) return Next::kAgain;
  searching_ = true;
  if (records > 1) return Next::kHalve;
  if (alone_ != first) {
    alone_ = first;
    alone_since_ = now;
    failures_ = 0;
  }
  ++failures_;
  if (now - waiting_since_ >= kForgotten) proofs_ = 0;
  const bool proven = proofs_ >= kProofs;
  if ((proven && failures_ >= kAlone && now - alone_since_ >= kShortest) || now - waiting_since_ >= kLongest) {
    Away();
    proofs_ = 0;
    return Next::kRefuse;
  }
  return proven ? Next::kAgain : Next::kAnother;
}

}  // namespace logmill
