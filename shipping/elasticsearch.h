// Elasticsearch 7.13+, 8, 9 and OpenSearch 1+: POST /_bulk with `create` into a data stream, in ECS field names (ecs_document.h).
// https://www.elastic.co/guide/en/elasticsearch/reference/current/docs-bulk.html, packaging/elasticsearch/README.md
//
// _id is the record's id, so a repeat is a 409, which counts as taken: as long as the data stream has not begun a new backing index
// meanwhile. Every item of the answer is read (bulk_answer.h).
#pragma once

#include <memory>
#include <string>

#include "shipping/http_destination.h"
#include "shipping/ship_identity.h"

namespace logmill {

struct ElasticsearchOptions {
  std::string data_stream = "logs-logmill-default";  // type-dataset-namespace
  std::string pipeline = {};                         // ingest pipeline; "": the index's own. It must not change _id
  ShipIdentity identity = {};
};

// What is wrong with the options; "" when nothing is.
std::string CheckElasticsearch(const ElasticsearchOptions& options);
std::unique_ptr<Protocol> MakeElasticsearch(ElasticsearchOptions options);

}  // namespace logmill
