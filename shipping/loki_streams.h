// Which of Loki's streams a record goes into, and how many there may be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shipping/ship_identity.h"
#include "shipping/ship_record.h"

namespace logmill {

enum class LokiVariable : uint8_t { kText, kService, kSource, kLevel, kFormat, kStream, kContext, kPid, kHost, kEnvironment };

struct LokiLabel {
  std::string name;
  LokiVariable variable = LokiVariable::kText;
  std::string text = {};  // of kText
};

// From LokiOptions::labels, sorted by name as Loki writes them; or what is wrong.
std::expected<std::vector<LokiLabel>, std::string> ParseLokiLabels(const std::vector<std::pair<std::string, std::string>>& labels);

struct LokiStream {
  std::string labels;                // {level="error", service_name="gallery"}: a selector, as Loki writes it itself
  std::string json;                  // {"level":"error","service_name":"gallery"}
  std::vector<size_t> records = {};  // of the batch at hand, by their index, in the order of their time; those of equal time in the batch's
  int64_t used_ms = 0;               // the last time that it was in use
};

// One thread. No allocation for records of streams that are known.
class LokiStreams {
 public:
  // `labels`: from ParseLokiLabels(). At most `most` streams within an hour by the records' read_ms; records of further ones go to streams
  // of service_name, level (when it is one of logging/schema.h) and overflow="true".
  LokiStreams(std::vector<LokiLabel> labels, ShipIdentity identity, size_t most);
  LokiStreams(const LokiStreams&) = delete;
  LokiStreams& operator=(const LokiStreams&) = delete;

  // The streams of the batch's records, in the order of their first record. Valid until the next call.
  std::span<LokiStream* const> Divide(std::span<const ShipRecord> batch);

  [[nodiscard]] const std::vector<LokiLabel>& labels() const { return labels_; }
  // Records that had to go to a stream with `overflow`; in the last batch, the same batch again included.
  [[nodiscard]] size_t overflowed() const { return overflowed_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, LokiStream, Hash, std::equal_to<>>;

  void ForgetOld(int64_t now_ms);
  LokiStream& StreamOf(const ShipRecord& record);
  LokiStream& OverflowOf(const ShipRecord& record);
  std::string_view ValueOf(const LokiLabel& label, const ShipRecord& record);

  const std::vector<LokiLabel> labels_;
  const ShipIdentity identity_;
  const size_t most_;
  Map streams_;   // by the values of their labels
  Map overflow_;  // by service and level
  std::vector<LokiStream*> used_;
  std::string key_;
  std::string number_;
  size_t overflowed_ = 0;
  int64_t now_ms_ = 0;
  int64_t oldest_ms_ = 0;  // no stream of `streams_` was used before
};

}  // namespace logmill
