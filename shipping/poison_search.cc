#include "shipping/poison_search.h"

#include <algorithm>

namespace logmill {

void PoisonSearch::Taken() {
  failures_ = 0;
  waiting_ = false;
  if (searching_) ++proofs_;
}

PoisonSearch::Next PoisonSearch::Failed(size_t records, std::chrono::nanoseconds now) {
  if (!waiting_) since_ = now;
  waiting_ = true;
  ++failures_;
  if (!searching_ && failures_ < kAttempts) return Next::kAgain;
  searching_ = true;
  if (records > 1) {
    failures_ = 0;
    return Next::kHalve;
  }
  const auto failing = now - since_;
  const bool proven = proofs_ >= kProofs;
  if ((proven && failures_ >= kAlone && failing >= kShortest) || failing >= kLongest) {
    proofs_ -= std::min(proofs_, kProofs);
    failures_ = 0;
    waiting_ = false;
    return Next::kRefuse;
  }
  if (proven) return Next::kAgain;
  failures_ = 0;
  return Next::kAnother;
}

}  // namespace logmill
