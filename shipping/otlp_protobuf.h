// The messages of OTLP logs as protobuf: https://github.com/open-telemetry/opentelemetry-proto, common.proto and logs.proto. otlp_json.h
// has the same classes for the JSON mapping; otlp_record.h writes to either.
#pragma once

#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

namespace logmill::otlp {

inline void AddText(protozero::pbf_writer& message, protozero::pbf_tag_type field, std::string_view text) {
  message.add_string(field, text.data(), text.size());
}

// Appends members to a list of KeyValue.
class ProtobufMembers {
 public:
  ProtobufMembers(protozero::pbf_writer& message, protozero::pbf_tag_type field) : message_(message), field_(field) {}

  // write(value) gives the member its value.
  template <typename Write>
  void Add(std::string_view key, const Write& write);

 private:
  protozero::pbf_writer& message_;
  const protozero::pbf_tag_type field_;
};

// Appends elements to an ArrayValue.
class ProtobufElements {
 public:
  explicit ProtobufElements(protozero::pbf_writer& array) : array_(array) {}

  template <typename Write>
  void Add(const Write& write);

 private:
  protozero::pbf_writer& array_;
};

// An AnyValue: one call at most; without any it is null. The library leaves out a message that is empty, which an empty list and a null
// element are not.
class ProtobufValue {
 public:
  explicit ProtobufValue(protozero::pbf_writer& any) : any_(any) {}

  void Text(std::string_view text) { AddText(Any(), 1, text); }
  void Bool(bool value) { Any().add_bool(2, value); }
  void Int(int64_t number) { Any().add_int64(3, number); }
  void Double(double number) { Any().add_double(4, number); }
  // write(elements), write(members).
  template <typename Write>
  void Array(bool empty, const Write& write) {
    if (empty) return Any().add_message(5, "", 0);
    protozero::pbf_writer array(Any(), 5);
    ProtobufElements elements(array);
    write(elements);
  }
  template <typename Write>
  void Map(bool empty, const Write& write) {
    if (empty) return Any().add_message(6, "", 0);
    protozero::pbf_writer list(Any(), 6);
    ProtobufMembers members(list, 1);
    write(members);
  }

  [[nodiscard]] bool written() const { return written_; }

 private:
  protozero::pbf_writer& Any() {
    written_ = true;
    return any_;
  }

  protozero::pbf_writer& any_;
  bool written_ = false;
};

template <typename Write>
void ProtobufMembers::Add(std::string_view key, const Write& write) {
  protozero::pbf_writer member(message_, field_);
  AddText(member, 1, key);
  protozero::pbf_writer any(member, 2);
  ProtobufValue value(any);
  write(value);
}

template <typename Write>
void ProtobufElements::Add(const Write& write) {
  bool written = false;
  {
    protozero::pbf_writer any(array_, 1);
    ProtobufValue value(any);
    write(value);
    written = value.written();
  }
  if (!written) array_.add_message(1, "", 0);
}

// A LogRecord. In the order of the calls; each at most once.
class ProtobufRecord {
 public:
  explicit ProtobufRecord(protozero::pbf_writer& record) : record_(record) {}

  void Time(uint64_t unix_ns) { record_.add_fixed64(1, unix_ns); }
  void Observed(uint64_t unix_ns) { record_.add_fixed64(11, unix_ns); }
  void Severity(int number) { record_.add_enum(2, number); }
  void SeverityText(std::string_view text) { AddText(record_, 3, text); }
  template <typename Write>
  void Body(const Write& write) {
    protozero::pbf_writer any(record_, 5);
    ProtobufValue value(any);
    write(value);
  }
  template <typename Write>
  void Attributes(const Write& write) {
    ProtobufMembers members(record_, 6);
    write(members);
  }
  void Dropped(uint32_t attributes) { record_.add_uint32(7, attributes); }
  void Flags(uint32_t flags) { record_.add_fixed32(8, flags); }
  // In hexadecimal digits, known to be good.
  void TraceId(std::string_view hex) { AddHex(9, hex); }
  void SpanId(std::string_view hex) { AddHex(10, hex); }

 private:
  void AddHex(protozero::pbf_tag_type field, std::string_view hex) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    AddText(record_, field, bytes);
  }

  protozero::pbf_writer& record_;
};

}  // namespace logmill::otlp
