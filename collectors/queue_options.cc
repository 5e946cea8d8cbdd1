#include "collectors/queue_options.h"

#include <algorithm>

namespace logmill {
namespace {

constexpr size_t kMaxNameBytes = 64;
constexpr int kMaxDigits = 8;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::vector<std::string> GalleryQueues() {
  return {"thumbnailGeneration",
          "metadataExtraction",
          "videoConversion",
          "faceDetection",
          "facialRecognition",
          "smartSearch",
          "duplicateDetection",
          "backgroundTask",
          "storageTemplateMigration",
          "migration",
          "search",
          "sidecar",
          "library",
          "notifications",
          "backupDatabase",
          "ocr",
          "petDetection",
          "workflow",
          "editor",
          "storageBackendMigration"};
}

bool IsPlainQueueName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || !IsLetter(name[0])) return false;
  return std::ranges::all_of(name, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-'; }) &&
         std::ranges::count_if(name, IsDigit) <= kMaxDigits;
}

}  // namespace logmill
