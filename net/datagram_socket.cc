#include "net/datagram_socket.h"

#include <sys/socket.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "net/peer_name.h"

namespace logmill {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

constexpr int kMostAtOnce = 256;  // then connections have their turn

}  // namespace

DatagramSocket::DatagramSocket(udp::socket socket, const ByteCallbacks& callbacks) : socket_(std::move(socket)), callbacks_(callbacks) {
  const int on = 1;
  setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
}

void DatagramSocket::Run() {
  socket_.async_wait(udp::socket::wait_read, [this](error_code error) {
    if (error) return;
    ReceiveSome();
    Run();
  });
}

void DatagramSocket::ReceiveSome() {
  for (int i = 0; i < kMostAtOnce && ReceiveOne(); ++i) continue;
}

// By recvmsg itself: it also says how many datagrams the kernel has dropped.
bool DatagramSocket::ReceiveOne() {
  udp::endpoint sender;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(uint32_t))> control{};
  iovec part{bytes_.data(), bytes_.size()};
  msghdr message{};
  message.msg_name = sender.data();
  message.msg_namelen = static_cast<socklen_t>(sender.capacity());
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
  if (size < 0) return false;
  for (const cmsghdr* entry = CMSG_FIRSTHDR(&message); entry != nullptr; entry = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(entry))) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SO_RXQ_OVFL) continue;
    uint32_t lost = 0;
    std::memcpy(&lost, CMSG_DATA(entry), sizeof lost);
    CountLost(lost);
  }
  sender.resize(message.msg_namelen);
  callbacks_.datagram({bytes_.data(), static_cast<size_t>(size)}, PeerName(sender.address()));
  return true;
}

void DatagramSocket::CountLost(uint32_t so_far) {
  const uint32_t more = so_far - std::exchange(lost_, so_far);  // it wraps round
  if (more > 0) callbacks_.lost(more);
}

}  // namespace logmill
