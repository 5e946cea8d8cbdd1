// What Elasticsearch and OpenSearch answer to _bulk.
// https://www.elastic.co/guide/en/elasticsearch/reference/current/docs-bulk.html#bulk-api-response-body
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "shipping/destination.h"
#include "shipping/ship_record.h"

namespace logmill {

// One thread. Answers may hold anything.
class BulkAnswer {
 public:
  BulkAnswer();
  ~BulkAnswer();

  // The body of a 200. Each item counts for itself:
  //   2xx, and 409 (it is there already)                          taken
  //   429, 5xx, 401, 403 (index blocked, no rights), 404          again: it is not the record's fault
  //   400 for shards or pipelines that are missing, likewise      again
  //   anything else                                               refused, with the store's words
  // An answer that is about other records than those sent is kRetry kBroken.
  Delivery Read(std::string_view body, std::span<const ShipRecord> batch);
  // The body of a 400: kSplit, or kRetry when the reason is none of the records'.
  Delivery ReadError(int status, std::string_view body);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace logmill
