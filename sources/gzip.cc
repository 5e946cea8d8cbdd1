#include "sources/gzip.h"

#define ZLIB_CONST  // zlib takes its input as const then
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace logmill {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;

uInt Bounded(size_t bytes) { return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max())); }

void SkipPadding(std::span<const char>* input) {
  const auto first = std::ranges::find_if(*input, [](char c) { return c != '\0'; });
  *input = input->subspan(static_cast<size_t>(first - input->begin()));
}

}  // namespace

bool BeginsLikeGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

struct GunzipStream::State {
  z_stream zlib{};
  bool in_member = true;  // the first one begins at the first byte
  std::string error;

  void Fail(std::string what) { error = std::move(what); }
};

GunzipStream::GunzipStream() : state_(std::make_unique<State>()) {
  if (inflateInit2(&state_->zlib, kGzipOnly) != Z_OK) state_->Fail("zlib could not start");
}
GunzipStream::~GunzipStream() { inflateEnd(&state_->zlib); }

bool GunzipStream::complete() const { return !state_->in_member; }
const std::string& GunzipStream::error() const { return state_->error; }

size_t GunzipStream::Inflate(std::span<const char>* input, std::span<char> room) {
  z_stream& zlib = state_->zlib;
  while (state_->error.empty()) {
    if (!state_->in_member) {
      SkipPadding(input);
      if (input->empty()) return 0;
      inflateReset(&zlib);
      state_->in_member = true;
    }
    zlib.next_in = reinterpret_cast<const Bytef*>(input->data());
    zlib.avail_in = Bounded(input->size());
    zlib.next_out = reinterpret_cast<Bytef*>(room.data());
    zlib.avail_out = Bounded(room.size());
    const int outcome = inflate(&zlib, Z_NO_FLUSH);
    const size_t taken = static_cast<size_t>(reinterpret_cast<const char*>(zlib.next_in) - input->data());
    const size_t written = static_cast<size_t>(reinterpret_cast<char*>(zlib.next_out) - room.data());
    *input = input->subspan(taken);
    if (outcome == Z_STREAM_END) state_->in_member = false;
    const bool fine = outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR;
    if (!fine) state_->Fail(std::string("damaged gzip data: ") + (zlib.msg != nullptr ? zlib.msg : zError(outcome)));
    if (written > 0 || (input->empty() && state_->in_member)) return written;
  }
  return 0;
}

}  // namespace logmill
