#include "net/gunzip.h"

#include <algorithm>
#include <array>
#include <new>

namespace logmill {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // for inflateInit2()
constexpr size_t kPieceBytes = size_t{16} << 10;

}  // namespace

Gunzip::Gunzip() {
  if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { ::inflateEnd(&stream_); }

Gunzip::Result Gunzip::Append(std::string_view bytes, std::string& out, size_t most) {
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
  stream_.avail_in = static_cast<uInt>(bytes.size());
  Result result = Result::kGood;
  while (result == Result::kGood && stream_.avail_in > 0) result = Step(out, most);
  return result;
}

Gunzip::Result Gunzip::Step(std::string& out, size_t most) {
  if (complete_) ::inflateReset(&stream_);  // another member
  complete_ = false;
  std::array<char, kPieceBytes> piece;
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    const size_t made = piece.size() - stream_.avail_out;
    if (made > most - std::min(most, out.size())) return Result::kFull;
    out.append(piece.data(), made);
    complete_ = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return Result::kDamaged;
  } while (!complete_ && stream_.avail_out == 0);
  return Result::kGood;
}

}  // namespace logmill
