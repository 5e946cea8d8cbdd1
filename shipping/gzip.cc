#include "shipping/gzip.h"

#include <new>
#include <stdexcept>

namespace logmill {
namespace {

constexpr int kLevel = 3;
constexpr int kGzipWindow = 15 + 16;  // zlib: 16 more asks for gzip's frame
constexpr int kMemoryLevel = 8;

}  // namespace

Gzip::Gzip() {
  if (deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
}

Gzip::~Gzip() { deflateEnd(&stream_); }

std::string_view Gzip::Pack(std::string_view plain) {
  deflateReset(&stream_);
  const size_t most = deflateBound(&stream_, plain.size());
  if (packed_.size() < most) packed_.resize(most);
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream_.avail_in = static_cast<uInt>(plain.size());
  stream_.next_out = reinterpret_cast<Bytef*>(packed_.data());
  stream_.avail_out = static_cast<uInt>(packed_.size());
  if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("a body cannot be packed");
  return {packed_.data(), stream_.total_out};
}

}  // namespace logmill
