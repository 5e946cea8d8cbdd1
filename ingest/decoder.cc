#include "ingest/decoder.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "ingest/console_line.h"
#include "ingest/console_record.h"
#include "ingest/entry.h"
#include "ingest/json_check.h"
#include "ingest/json_object.h"
#include "ingest/level_names.h"
#include "ingest/scalar.h"

namespace logmill {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";

std::string_view WithoutMark(std::string_view line) {
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return line;
}

std::string_view SkipSpace(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool BeginsLikeObject(std::string_view text) {
  if (text.starts_with("{\"")) return true;
  text = SkipSpace(text);
  if (!text.starts_with('{')) return false;
  text = SkipSpace(text.substr(1));
  return text.starts_with('"') || text.starts_with('}');
}

std::vector<std::string> RolePaths(const KeyNames& keys) { return {keys.level, keys.pid, keys.timestamp, keys.message, keys.context}; }

// The paths of the roles and the fields, each once.
std::vector<std::string> DistinctPaths(const Decoder::Options& options) {
  std::vector<std::string> paths;
  const auto add = [&](const std::string& path) {
    if (!path.empty() && std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  };
  std::ranges::for_each(RolePaths(options.keys), add);
  std::ranges::for_each(options.fields, add);
  return paths;
}

void Copy(const json::RawValue& from, Value* to) {
  to->type = from.type;
  to->text = from.text;
}

std::string_view TextOf(const json::RawValue& value) { return value.type == Value::Type::kNull ? std::string_view() : value.text; }

}  // namespace

std::string_view RejectName(Reject reject) {
  switch (reject) {
    case Reject::kNone:
      return "none";
    case Reject::kSyntax:
      return "syntax";
    case Reject::kTruncated:
      return "truncated";
    case Reject::kInvalidUtf8:
      return "invalid_utf8";
    case Reject::kTooDeep:
      return "too_deep";
    case Reject::kTooLong:
      return "too_long";
    case Reject::kNotAnObject:
      return "not_an_object";
    case Reject::kNoEnvelope:
      return "no_envelope";
  }
  return "unknown";
}

class Decoder::Impl {
 public:
  explicit Impl(const Options& options) : Impl(options, DistinctPaths(options)) {}

  Reject Decode(std::string_view line, bool cut, Record* record) {
    const std::string_view text = WithoutMark(line);
    if (format_ != InputFormat::kJson && (format_ != InputFormat::kAuto || !BeginsLikeObject(text))) {
      ReadOther(line, text, record);
      record->cut = cut;
      return Reject::kNone;
    }
    if (format_ == InputFormat::kJson && !text.starts_with('{') && !SkipSpace(text).starts_with('{')) return Reject::kNotAnObject;
    if (cut) return Reject::kTooLong;
    const Reject reject = ReadObject(text);
    if (reject == Reject::kNone) FillJson(line, record);
    return reject;
  }

  Reject Decode(const Entry& entry, Record* record) {
    const Reject reject = Decode(entry.text, entry.cut, record);
    if (reject == Reject::kNone) console_.Supplement(entry, record);
    return reject;
  }

 private:
  Impl(const Options& options, const std::vector<std::string>& paths)
      : format_(options.format),
        timestamp_unit_(options.keys.timestamp_unit),
        translate_levels_(options.keys.translate_levels),
        numbers_(options.numbers),
        object_(paths),
        console_(options.keys, options.fields, options.numbers),
        fields_(options.fields.size()) {
    const auto slot = [&](const std::string& path) {
      const auto found = std::ranges::find(paths, path);
      return found == paths.end() ? kNoSlot : static_cast<size_t>(found - paths.begin());
    };
    std::ranges::transform(RolePaths(options.keys), roles_.begin(), slot);
    std::ranges::transform(options.fields, std::back_inserter(field_slots_), slot);
  }

  Reject ReadObject(std::string_view text) {
    using enum json::ObjectReader::Trust;
    if (object_.Read(text, kStrict)) {
      return object_.high_bit_seen() && !json::ValidUtf8(text) ? Reject::kInvalidUtf8 : Reject::kNone;
    }
    const Reject reject = checker_.Check(text);
    if (reject != Reject::kNone) return reject;
    return object_.Read(text, kProven) ? Reject::kNone : Reject::kSyntax;
  }

  void ReadOther(std::string_view line, std::string_view text, Record* record) {
    if (format_ == InputFormat::kText) {
      *record = Record();
      record->message = {Value::Type::kString, line};
    } else if (!MayBeConsole(text) || !console_.ReadConsole(text, record)) {
      console_.ReadText(line, record);
    }
    record->line = line;
  }

  void FillJson(std::string_view line, Record* record) {
    unescaped_used_ = 0;
    record->format = RecordFormat::kJson;
    record->cut = false;
    record->console = false;
    record->line = line;
    record->level = TextOf(Take(roles_[0], line));
    if (translate_levels_) record->level = TranslateLevel(record->level);
    record->pid.reset();
    record->timestamp_ms.reset();
    if (numbers_.pid) FillPid(line, record);
    if (numbers_.timestamp) FillTimestamp(line, record);
    Copy(Take(roles_[3], line), &record->message);
    record->context = TextOf(Take(roles_[4], line));
    for (size_t i = 0; i < fields_.size(); ++i) Copy(Take(field_slots_[i], line), &fields_[i]);
    record->fields = fields_;
  }

  void FillPid(std::string_view line, Record* record) {
    int64_t number = 0;
    const json::RawValue& pid = Take(roles_[1], line);
    if (IntegerOf(pid.type, pid.text, &number)) record->pid = number;
  }

  void FillTimestamp(std::string_view line, Record* record) {
    int64_t number = 0;
    const json::RawValue& timestamp = Take(roles_[2], line);
    if (TimestampOf(timestamp.type, timestamp.text, timestamp_unit_, &number)) record->timestamp_ms = number;
  }

  // The value in a slot, its text unescaped. All strings of a line together are no longer than the line, so the buffer never moves
  // while one is being filled in.
  const json::RawValue& Take(size_t slot, std::string_view line) {
    if (slot == kNoSlot) return absent_;
    json::RawValue& value = object_.slot(slot);
    if (!value.escaped) return value;
    if (unescaped_used_ == 0 && unescaped_.size() < line.size()) unescaped_.resize(line.size());
    char* const out = unescaped_.data() + unescaped_used_;
    value.text = {out, json::Unescape(value.text, out)};
    value.escaped = false;
    unescaped_used_ += value.text.size();
    return value;
  }

  static constexpr size_t kNoSlot = static_cast<size_t>(-1);

  InputFormat format_;
  TimestampUnit timestamp_unit_;
  bool translate_levels_;
  const WantedNumbers numbers_;
  json::ObjectReader object_;
  json::Checker checker_;
  ConsoleReader console_;
  std::array<size_t, 5> roles_{};  // slots of level, pid, timestamp, message, context
  std::vector<size_t> field_slots_;
  std::vector<Value> fields_;
  const json::RawValue absent_;
  std::vector<char> unescaped_;
  size_t unescaped_used_ = 0;
};

Decoder::Decoder(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Reject Decoder::Decode(std::string_view line, bool cut, Record* record) { return impl_->Decode(line, cut, record); }
Reject Decoder::Decode(const Entry& entry, Record* record) { return impl_->Decode(entry, record); }

}  // namespace logmill
