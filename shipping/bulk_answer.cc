#include "shipping/bulk_answer.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "shipping/http_verdict.h"

namespace logmill {
namespace {

using simdjson::dom::element;

// What went wrong, in the store's words: its kind, and a sentence. Valid until the parser's next text.
struct Fault {
  std::string_view type = {};
  std::string_view reason = {};

  // Behind these words stands a piece of the record.
  [[nodiscard]] std::string Words() const {
    const std::string_view sentence = reason.substr(0, reason.find(" Preview of field's value"));
    if (type.empty() && sentence.empty()) return "no reason given";
    return Excerpt(std::string(type) + (type.empty() || sentence.empty() ? "" : ": ") + std::string(sentence));
  }
};

struct Item {
  std::string_view id = {};
  int64_t status = 0;
  Fault fault = {};
  bool in_failure_store = false;  // taken, as a document of another kind with an _id of its own (Elasticsearch 8.19)
};

enum class Verdict : uint8_t { kTaken, kAgain, kRefused };

std::string_view TextAt(const element& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return "";
  return text;
}

// "error" is an object; it was a plain text in old versions.
Fault FaultOf(const element& object) {
  element error;
  if (object["error"].get(error) != simdjson::SUCCESS) return {};
  Fault fault;
  if (error.get(fault.reason) == simdjson::SUCCESS) return fault;
  return {TextAt(error, "type"), TextAt(error, "reason")};
}

// {"create":{"_id":"…","status":201,…}}; nothing when it is not of this form.
std::optional<Item> ItemOf(const element& element_of_items) {
  simdjson::dom::object operation;
  if (element_of_items.get(operation) != simdjson::SUCCESS || operation.begin() == operation.end()) return std::nullopt;
  const element result = (*operation.begin()).value;
  Item item{.id = TextAt(result, "_id"), .fault = FaultOf(result), .in_failure_store = TextAt(result, "failure_store") == "used"};
  if (result["status"].get(item.status) != simdjson::SUCCESS) return std::nullopt;
  return item;
}

// A 400 that says nothing of the record, and goes away when somebody mends the cluster: part of the type, part of the reason.
bool MayHeal(const Fault& fault) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCauses{{
      {"validation_exception", "shards"},  // "this cluster currently has [1000]/[1000] maximum normal shards open"
      {"illegal_argument_exception", "pipeline with id ["},
      {"illegal_argument_exception", "no write index is defined"},
      {"index_closed_exception", ""},
  }};
  return std::ranges::any_of(
      kCauses, [&](const auto& cause) { return fault.type == cause.first && fault.reason.find(cause.second) != std::string_view::npos; });
}

// A pipeline does not want this record, ever: its processors `fail` and `dissect` throw what Elasticsearch answers as 500.
bool IsOfPipeline(const Fault& fault) { return fault.type == "fail_processor_exception" || fault.type == "find_match"; }

Verdict Judge(const Item& item) {
  if (item.status >= 200 && item.status < 300) return Verdict::kTaken;
  if (item.status == 409) return Verdict::kTaken;
  if (item.status == 500 && IsOfPipeline(item.fault)) return Verdict::kRefused;
  if (item.status == 429 || item.status >= 500 || item.status == 401 || item.status == 403 || item.status == 404) return Verdict::kAgain;
  return item.status == 400 && MayHeal(item.fault) ? Verdict::kAgain : Verdict::kRefused;
}

Delivery Broken(std::string words) { return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kBroken, .words = std::move(words)}; }

// Gathers what became of the items.
class Tally {
 public:
  void Add(size_t index, const Item& item) {
    switch (Judge(item)) {
      case Verdict::kTaken:
        return;
      case Verdict::kAgain:
        if (delivery_.again.empty()) again_words_ = item.fault.Words();
        delivery_.again.push_back(index);
        throttled_ = throttled_ && item.status == 429;
        return;
      case Verdict::kRefused:
        delivery_.refused.push_back({index, item.fault.Words()});
    }
  }

  Delivery Finish(size_t records) && {
    delivery_.reason = throttled_ ? RetryReason::kThrottled : RetryReason::kPartial;
    const std::string of = " of " + std::to_string(records) + " ";
    if (!delivery_.again.empty()) delivery_.words = std::to_string(delivery_.again.size()) + of + "not taken now: " + again_words_;
    if (!delivery_.refused.empty()) {
      delivery_.words += (delivery_.words.empty() ? "" : "; ") + std::to_string(delivery_.refused.size()) + of +
                         "refused: " + delivery_.refused.front().reason;
    }
    return std::move(delivery_);
  }

 private:
  Delivery delivery_;
  std::string again_words_;
  bool throttled_ = true;
};

}  // namespace

struct BulkAnswer::State {
  simdjson::dom::parser parser;
};

BulkAnswer::BulkAnswer() : state_(std::make_unique<State>()) {}
BulkAnswer::~BulkAnswer() = default;

Delivery BulkAnswer::Read(std::string_view body, std::span<const ShipRecord> batch) {
  element root;
  simdjson::dom::array items;
  bool errors = true;
  if (state_->parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS)
    return Broken("its answer is no JSON: " + Excerpt(body));
  if (root["items"].get(items) != simdjson::SUCCESS) return Broken("its answer is not one to _bulk: " + Excerpt(body));
  if (items.size() != batch.size()) {
    return Broken("its answer is about " + std::to_string(items.size()) + " records, " + std::to_string(batch.size()) + " were sent");
  }
  if (root["errors"].get(errors) == simdjson::SUCCESS && !errors) return {};
  Tally tally;
  size_t index = 0;
  for (const element of_items : items) {
    const auto item = ItemOf(of_items);
    if (!item) return Broken("its answer has an item that makes no sense");
    if (!item->in_failure_store && item->id != FormatRecordId(batch[index].id)) {
      return Broken("its answer is about other records: _id is not what was sent (an ingest pipeline must not change it)");
    }
    tally.Add(index++, *item);
  }
  return std::move(tally).Finish(batch.size());
}

Delivery BulkAnswer::ReadError(int status, std::string_view body) {
  element root;
  Fault fault;
  if (state_->parser.parse(body.data(), body.size()).get(root) == simdjson::SUCCESS) fault = FaultOf(root);
  const bool said = !fault.type.empty() || !fault.reason.empty();
  std::string words = std::to_string(status) + ": " + (said ? fault.Words() : Excerpt(body));
  if (!said) return Broken("not what Elasticsearch says: " + words);
  if (!MayHeal(fault)) return {.kind = Delivery::Kind::kSplit, .words = std::move(words)};
  return {.kind = Delivery::Kind::kRetry, .words = std::move(words)};
}

}  // namespace logmill
