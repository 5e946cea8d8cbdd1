#include "net/door.h"

#include <chrono>
#include <utility>

namespace logmill {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
namespace errc = boost::system::errc;

constexpr std::chrono::milliseconds kBackOff{100};

bool NoFileLeft(error_code error) { return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system; }

}  // namespace

Door::Door(tcp::acceptor acceptor, Callbacks callbacks)
    : acceptor_(std::move(acceptor)),
      back_off_(acceptor_.get_executor()),
      callbacks_(std::move(callbacks)),
      port_(acceptor_.local_endpoint().port()) {}

// Waits before it accepts: without a file left, accept() fails even when no client is there.
void Door::Open() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](error_code error) {
    if (!error) Accept();
  });
}

void Door::Close() {
  error_code ignored;
  acceptor_.close(ignored);
  back_off_.cancel();
}

void Door::Accept() {
  error_code error;
  tcp::socket socket = acceptor_.accept(error);
  const bool passing = !error || error == boost::asio::error::would_block || (NoFileLeft(error) && callbacks_.make_room());
  passing ? Open() : OpenLater();
  if (!error) callbacks_.admit(std::move(socket));
}

void Door::OpenLater() {
  back_off_.expires_after(kBackOff);
  back_off_.async_wait([this](error_code error) {
    if (!error && acceptor_.is_open()) Open();
  });
}

}  // namespace logmill
