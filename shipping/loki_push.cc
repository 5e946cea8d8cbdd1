#include "shipping/loki_push.h"

#include <snappy.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>

#include "shipping/json_members.h"
#include "shipping/json_writer.h"

namespace logmill {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// A failing job logs its data as its context. Loki takes 64 kB a line (max_structured_metadata_size).
constexpr size_t kMostMetadataBytes = 2048;

// The decimal digits of a number.
class Digits {
 public:
  explicit Digits(int64_t number) : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr) {}
  [[nodiscard]] std::string_view view() const { return {digits_.data(), end_}; }

 private:
  std::array<char, 24> digits_;
  char* end_;
};

bool IsFree(const std::vector<LokiLabel>& labels, std::string_view name, LokiVariable variable) {
  return std::ranges::none_of(labels, [&](const LokiLabel& label) {
    return label.name == name || (variable != LokiVariable::kText && label.variable == variable);
  });
}

// Bytes of a field with a number below 16: of a text, or of a message of so many bytes.
size_t SizeOf(size_t bytes) { return 1 + static_cast<size_t>(protozero::length_of_varint(bytes)) + bytes; }
size_t SizeOf(std::string_view text) { return SizeOf(text.size()); }

// A moment as google.protobuf.Timestamp: 1 seconds, 2 nanoseconds of 0 to 999,999,999.
struct Timestamp {
  explicit Timestamp(int64_t time_ns)
      : nanoseconds(static_cast<uint64_t>((time_ns % kSecond + kSecond) % kSecond)),
        seconds(static_cast<uint64_t>(time_ns / kSecond - (time_ns % kSecond < 0 ? 1 : 0))) {}
  [[nodiscard]] size_t size() const {
    return 2 + static_cast<size_t>(protozero::length_of_varint(seconds)) + static_cast<size_t>(protozero::length_of_varint(nanoseconds));
  }

  uint64_t nanoseconds;
  uint64_t seconds;
};

// Writes fields one behind the other into memory that is large enough: the sizes of all messages are known before.
class Wire {
 public:
  explicit Wire(char* at) : at_(at) {}

  void Number(unsigned field, uint64_t number) {
    Tag(field, protozero::pbf_wire_type::varint);
    Varint(number);
  }
  void Message(unsigned field, size_t bytes) {
    Tag(field, protozero::pbf_wire_type::length_delimited);
    Varint(bytes);
  }
  void Text(unsigned field, std::string_view text) {
    Message(field, text.size());
    at_ = std::copy(text.begin(), text.end(), at_);
  }

 private:
  void Tag(unsigned field, protozero::pbf_wire_type type) { *at_++ = static_cast<char>(field << 3 | static_cast<unsigned>(type)); }
  void Varint(uint64_t number) { at_ += protozero::add_varint_to_buffer(at_, number); }

  char* at_;
};

}  // namespace

LokiPush::LokiPush(const std::vector<LokiLabel>& labels, bool json)
    : wanted_{.context = IsFree(labels, "context", LokiVariable::kContext),
              .cut = IsFree(labels, "cut", LokiVariable::kText),
              .format = IsFree(labels, "format", LokiVariable::kFormat),
              .level = IsFree(labels, "level", LokiVariable::kLevel),
              .pid = IsFree(labels, "pid", LokiVariable::kPid),
              .stream = IsFree(labels, "stream", LokiVariable::kStream)},
      json_(json) {}

ProtocolRequest LokiPush::Encode(const LokiStream& stream, std::span<const size_t> records, std::span<const ShipRecord> batch,
                                 bool metadata) {
  ProtocolRequest request{.path = "/loki/api/v1/push"};
  request.headers.push_back({"Content-Type", json_ ? "application/json" : "application/x-protobuf"});
  request.body = json_ ? Json(stream, records, batch, metadata) : Protobuf(stream, records, batch, metadata);
  request.packed = !json_;
  return request;
}

template <typename Take>
void LokiPush::ForEachMetadata(const ShipRecord& record, const Take& take) const {
  const auto text = [&](bool wanted, std::string_view name, std::string_view value) {
    if (wanted && !value.empty()) take(name, CutAtCharacter(value, kMostMetadataBytes));
  };
  text(wanted_.context, "context", record.context);
  text(wanted_.cut && record.cut, "cut", "true");
  text(wanted_.format, "format", record.format == RecordFormat::kJson ? "json" : "text");
  text(wanted_.level, "level", record.level);
  if (record.pid) text(wanted_.pid, "pid", Digits(*record.pid).view());
  text(wanted_.stream, "stream", record.stream);
}

std::string LokiPush::Protobuf(const LokiStream& stream, std::span<const size_t> records, std::span<const ShipRecord> batch,
                               bool metadata) {
  size_t body = SizeOf(stream.labels);
  sizes_.clear();
  for (const size_t index : records) body += SizeOf(sizes_.emplace_back(SizeOfEntry(batch[index], metadata)));
  const size_t size = SizeOf(body);
  message_.resize(std::max(message_.size(), size));
  Wire wire(message_.data());
  wire.Message(1, body);
  wire.Text(1, stream.labels);
  for (size_t i = 0; i < records.size(); ++i) {
    const ShipRecord& record = batch[records[i]];
    const Timestamp time(record.time_ns);
    wire.Message(2, sizes_[i]);
    wire.Message(1, time.size());
    wire.Number(1, time.seconds);
    wire.Number(2, time.nanoseconds);
    wire.Text(2, record.line);
    if (!metadata) continue;
    ForEachMetadata(record, [&](std::string_view name, std::string_view value) {
      wire.Message(3, SizeOf(name) + SizeOf(value));
      wire.Text(1, name);
      wire.Text(2, value);
    });
  }
  return Compressed({message_.data(), size});
}

size_t LokiPush::SizeOfEntry(const ShipRecord& record, bool metadata) const {
  size_t size = SizeOf(Timestamp(record.time_ns).size()) + SizeOf(record.line);
  if (metadata) {
    ForEachMetadata(record, [&](std::string_view name, std::string_view value) { size += SizeOf(SizeOf(name) + SizeOf(value)); });
  }
  return size;
}

std::string LokiPush::Json(const LokiStream& stream, std::span<const size_t> records, std::span<const ShipRecord> batch,
                           bool metadata) const {
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("streams").BeginArray().BeginObject().Key("stream").Raw(stream.json).Key("values").BeginArray();
  for (const size_t index : records) {
    const ShipRecord& record = batch[index];
    json.BeginArray().Text(Digits(record.time_ns).view()).Text(record.line);
    if (metadata) {
      json.BeginObject();
      ForEachMetadata(record, [&](std::string_view name, std::string_view value) { json.Key(name).Text(value); });
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndArray().EndObject().EndArray().EndObject();
  return body;
}

std::string LokiPush::Compressed(std::string_view message) {
  packed_.resize(std::max(packed_.size(), snappy::MaxCompressedLength(message.size())));
  size_t size = 0;
  snappy::RawCompress(message.data(), message.size(), packed_.data(), &size);
  return {packed_.data(), size};
}

}  // namespace logmill
