#include "shipping/known_records.h"

#include <algorithm>
#include <utility>

namespace logmill {

KnownRecords::KnownRecords(std::vector<RecordId> ids) : ids_(std::move(ids)) { std::ranges::sort(ids_); }

bool KnownRecords::Has(const RecordId& id) const { return std::ranges::binary_search(ids_, id); }

}  // namespace logmill
