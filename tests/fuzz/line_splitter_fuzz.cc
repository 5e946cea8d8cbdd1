// The first three bytes choose the limit and the sizes of the pieces, the rest is a stream: the splitter agrees with the plain way.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/ingest/plain_way.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const size_t limit = 1 + size_t{data[0]} * data[0];
  const size_t base = 1 + size_t{data[1]} * 8;
  const size_t swing = 1 + size_t{data[2]};
  const std::string_view stream(reinterpret_cast<const char*>(data) + 3, size - 3);
  size_t turn = 0;
  const auto next_size = [&] { return base + (++turn * 7919) % swing; };
  if (logmill::testing::SplitInPieces(stream, limit, 4096, next_size) != logmill::testing::SplitPlainly(stream, limit)) std::abort();
  return 0;
}
