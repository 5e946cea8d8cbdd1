// Any line: the decoder agrees with the plain way, whichever format and presets it was told.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/decoder.h"
#include "tests/ingest/plain_way.h"

namespace logmill {
namespace {

Decoder::Options WithFields() {
  return {.format = InputFormat::kAuto, .keys = {}, .fields = {"a.b", "a.0.b", "message.a", "log.level", "x", "level"}};
}

void Check(std::string_view line) {
  static const Decoder::Options options = WithFields();
  static Decoder decoder(options);
  const std::string difference = testing::Disagreement(decoder, options, line);
  if (difference.empty()) return;
  std::fprintf(stderr, "%s\n", difference.c_str());
  std::abort();
}

// The same line through every preset and format: nothing to compare with, but it has to survive.
void Survive(std::string_view line) {
  Record record;
  for (const std::string_view preset : KeyPresetNames()) {
    Decoder decoder({.format = InputFormat::kJson, .keys = *KeyPreset(preset), .fields = {}});
    const Reject first = decoder.Decode(line, false, &record);
    if (decoder.Decode(line, false, &record) != first) std::abort();
  }
}

}  // namespace
}  // namespace logmill

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  logmill::Check(line);
  logmill::Survive(line);
  return 0;
}
