// Writes log lines as a Gallery server does at level verbose, and counts in a Truth what it wrote.
//
// The mix, in lines: 40 % HTTP access, 1 % job failures with a stack trace of about 2 KB, 5 % with escapes, 4 % with text
// outside of ASCII, 0.5 % that are no JSON; the ten rules of bench/rules/w2.yaml match 70 %. About 200 bytes a line.
// What histograms observe is never 0: mtail 3.0.0-rc50 loses such an observation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/random.h"
#include "bench/truth.h"

namespace logmill::bench {

class GalleryLog {
 public:
  // `truth` must outlive the log.
  GalleryLog(uint64_t seed, Truth& truth);

  // Appends one line, with its newline.
  void AppendLine(std::string& out);

 private:
  // One member for each kind of line; kKinds in the .cc has their shares. Those above the blank line are matched by the W2 rules.
  void Access();
  void Thumbnail();
  void Faces();
  void MlFailure();
  void Transcoding();
  void LibraryScan();
  void SlowQuery();
  void FailedLogin();
  void JobFailure();
  void OcrResult();

  void LocalDateTime();
  void ExifDate();
  void FaceMatches();
  void AssignFace();
  void NoSidecar();
  void Geocoding();
  void RequestBody();
  void RouteMapped();
  void ExifObject();
  void NoContext();
  void PlainText();
  void QueueConcurrency();
  void Progress();

  enum class Process : uint8_t { kApi, kMicroservices };

  // `message` is JSON text inside of the quotes, that is, escaped already.
  void Record(std::string_view level, Process process, std::string_view context, std::string_view message);
  // Everything up to the message's value.
  void Open(std::string_view level, Process process);

  std::string Uuid();
  std::string Path();  // of a photo
  std::string Url();
  std::string Stack();
  // Hundredths, 0.16 to 5242.87, most of them small.
  int64_t Duration();

  struct Kind;
  static const Kind kKinds[];

  Random random_;
  Truth& truth_;
  int64_t now_ms_ = 1'795'338'275'310;
  std::string* out_ = nullptr;  // during AppendLine
  uint8_t kind_of_[1000];       // index into kKinds, by per mille
};

}  // namespace logmill::bench
