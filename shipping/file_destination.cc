#include "shipping/file_destination.h"

#include <atomic>
#include <sstream>
#include <string_view>
#include <utility>

#include "shipping/append_file.h"
#include "shipping/record_json.h"

namespace logmill {
namespace {

class FileDestination final : public Destination {
 public:
  explicit FileDestination(FileDestinationOptions options) : options_(std::move(options)), file_(options_.path) {}

  Delivery Deliver(std::span<const ShipRecord> batch) override;
  std::expected<std::string, std::string> Check() override;
  void Interrupt() override { interrupted_ = true; }
  std::string Note() override;
  void Resume(std::string_view note) override;

 private:
  static Delivery Retry(std::string words) {
    return {.kind = Delivery::Kind::kRetry, .reason = RetryReason::kDisk, .words = std::move(words)};
  }

  const FileDestinationOptions options_;
  AppendFile file_;
  std::string lines_;
  std::atomic<bool> interrupted_ = false;
};

Delivery FileDestination::Deliver(std::span<const ShipRecord> batch) {
  if (interrupted_) return {.kind = Delivery::Kind::kRetry, .words = "interrupted"};
  lines_.clear();
  for (const ShipRecord& record : batch) AppendRecordLine(record, options_.identity, options_.raw, lines_);
  if (const auto appended = file_.Append(lines_); !appended) return Retry(appended.error());
  Delivery delivery{.sent_bytes = lines_.size()};
  if (const auto synced = file_.Sync(); !synced) delivery.words = synced.error();
  if (options_.max_bytes == 0 || file_.length() < options_.max_bytes) return delivery;
  if (const auto rotated = file_.Rotate(options_.keep); !rotated) delivery.words = rotated.error();
  return delivery;
}

std::expected<std::string, std::string> FileDestination::Check() {
  if (const auto opened = file_.Open(); !opened) return std::unexpected(opened.error());
  return file_.path() + " can be written; it has " + std::to_string(file_.length()) + " bytes";
}

std::string FileDestination::Note() {
  if (!file_.Open()) return "";
  const AppendFile::Identity& identity = file_.identity();
  return std::to_string(identity.device) + " " + std::to_string(identity.inode) + " " + std::to_string(file_.length());
}

void FileDestination::Resume(std::string_view note) {
  std::istringstream words{std::string(note)};
  AppendFile::Identity identity;
  uint64_t length = 0;
  if (words >> identity.device >> identity.inode >> length) file_.TakeBack(identity, length);
}

}  // namespace

std::unique_ptr<Destination> MakeFileDestination(FileDestinationOptions options) {
  return std::make_unique<FileDestination>(std::move(options));
}

}  // namespace logmill
