// Records that are in the spool already.
#pragma once

#include <vector>

#include "shipping/record_id.h"

namespace logmill {

// Immutable; any thread. 16 bytes a record: there may be millions after a crash, and memory is scarce in a container.
class KnownRecords {
 public:
  explicit KnownRecords(std::vector<RecordId> ids);

  [[nodiscard]] bool Has(const RecordId& id) const;

 private:
  std::vector<RecordId> ids_;  // sorted
};

}  // namespace logmill
