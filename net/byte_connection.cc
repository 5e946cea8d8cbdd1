#include "net/byte_connection.h"

#include <string_view>
#include <utility>

namespace logmill {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

ByteConnection::ByteConnection(tcp::socket socket, std::unique_ptr<StreamHandler> handler, ByteShared& shared)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), handler_(std::move(handler)), shared_(shared) {
  ++shared_.connections;
}

ByteConnection::~ByteConnection() { --shared_.connections; }

void ByteConnection::Run() { AwaitBytes(); }

// The idle timer of an earlier wait may have expired already when it is set anew: the time tells.
void ByteConnection::AwaitBytes() {
  timer_.expires_after(shared_.options.idle_timeout);
  timer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (!error && self && self->timer_.expiry() <= net::steady_timer::clock_type::now()) self->Close();
  });
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    if (!error && self->socket_.is_open()) self->ReadBytes();
  });
}

void ByteConnection::ReadBytes() {
  error_code error;
  const size_t size = socket_.read_some(net::buffer(shared_.piece), error);
  if (error == net::error::would_block) return AwaitBytes();
  ended_ = static_cast<bool>(error);
  Give({shared_.piece.data(), size});
}

// What was not taken before comes first; mostly there is nothing, and nothing is copied.
void ByteConnection::Give(std::string_view fresh) {
  const bool copied = !waiting_.empty();
  if (copied) waiting_ += fresh;
  const std::string_view bytes = copied ? std::string_view(waiting_) : fresh;
  const StreamHandler::Taken taken = handler_->Take(bytes, ended_);
  copied ? waiting_.erase(0, taken.bytes) : waiting_.assign(bytes.substr(taken.bytes));
  if (waiting_.empty()) waiting_ = {};
  if (taken.full) return TryAgain();
  const bool stuck = taken.bytes == 0 && waiting_.size() >= shared_.options.max_waiting_bytes;
  ended_ || stuck ? Close() : AwaitBytes();
}

void ByteConnection::TryAgain() {
  timer_.expires_after(shared_.options.retry_interval);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && (self->socket_.is_open() || self->ended_)) self->Give("");
  });
}

void ByteConnection::Close() {
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

}  // namespace logmill
