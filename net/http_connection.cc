#include "net/http_connection.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <string_view>
#include <utility>

#include "net/peer_name.h"

namespace logmill {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

namespace {

std::string PeerOf(const tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "" : PeerName(endpoint.address());
}

}  // namespace

// ---- The list ----

HttpRoster::Seat HttpRoster::Enter(HttpConnection* connection) {
  ++size_;
  return Of(State::kNew).insert(Of(State::kNew).end(), connection);
}

void HttpRoster::Move(Seat seat, State from, State to) { Of(to).splice(Of(to).end(), Of(from), seat); }

void HttpRoster::Leave(Seat seat, State state) {
  --size_;
  Of(state).erase(seat);
}

bool HttpRoster::MakeRoom() {
  for (const State state : {State::kNew, State::kIdle}) {
    if (Of(state).empty()) continue;
    Of(state).front()->Close();
    return true;
  }
  return false;
}

HttpConnection::HttpConnection(tcp::socket socket, HttpShared& shared)
    : stream_(std::move(socket)),
      shared_(shared),
      seat_(shared.roster.Enter(this)),
      peer_(PeerOf(stream_.socket())),
      buffer_(shared.options.max_header_bytes) {}

void HttpConnection::Close() {
  Leave();
  if (incoming_) incoming_->deadline.cancel();  // but it stays until the read into it has ended
  stream_.close();
}

void HttpConnection::Leave() {
  if (std::exchange(seated_, false)) shared_.roster.Leave(seat_, state_);
}

void HttpConnection::Enter(State state) {
  if (seated_) shared_.roster.Move(seat_, std::exchange(state_, state), state);
}

// ---- Requests ----

void HttpConnection::ReadHead() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header_bytes));
  if (const size_t most = shared_.listener.bodies.max_bytes; most > 0) parser_->body_limit(most);
  stream_.expires_after(shared_.options.request_timeout);
  http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) { self->OnHead(error); });
}

void HttpConnection::OnHead(Error error) {
  if (!seated_) return;
  const HttpListener& listener = shared_.listener;
  if (error) {
    if (auto answer = RefusalOfError(error, listener)) Refuse(std::move(*answer));
    return;
  }
  const HttpHead& head = parser_->get();
  if (shared_.stopping) return Refuse(Refusal(listener, 503, "The program is stopping."));
  if (auto answer = RefusalOfHead(head, listener)) return Refuse(std::move(*answer));
  if (listener.admit) {
    HttpResponse answer = Ask(listener.admit, listener, head, peer_, "");
    if (answer.status != 100) return Write(std::move(answer), head.method() == http::verb::head, parser_->keep_alive() && !HasBody(head));
  }
  HasBody(head) ? BeginBody() : AnswerRequest();
}

void HttpConnection::BeginBody() {
  incoming_ = std::make_unique<Incoming>(stream_.get_executor(), shared_.body_bytes);
  stream_.expires_never();
  incoming_->deadline.expires_after(shared_.listener.bodies.timeout);
  incoming_->deadline.async_wait([self = shared_from_this()](Error error) {
    if (error || !self->incoming_) return;
    self->incoming_->late = true;
    self->stream_.cancel();
  });
  WaitsForContinue(parser_->get()) && !parser_->is_done() ? AllowBody() : ReadBody();
}

void HttpConnection::AllowBody() {
  static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
  net::async_write(stream_, net::buffer(kGoOn), [self = shared_from_this()](Error error, size_t) {
    if (!self->seated_) return;
    error ? self->FailBody(error) : self->ReadBody();
  });
}

void HttpConnection::ReadBody() {
  auto& body = parser_->get().body();
  body.data = incoming_->piece.data();
  body.size = incoming_->piece.size();
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) { self->OnBody(error); });
}

void HttpConnection::OnBody(Error error) {
  if (!seated_) return;
  if (error && error != http::error::need_buffer) return FailBody(error);
  const size_t size = incoming_->piece.size() - parser_->get().body().size;
  if (shared_.body_bytes + size > shared_.listener.bodies.max_bytes_at_once) {
    HttpResponse busy = Refusal(shared_.listener, 503, "Too many requests are under way; try again later.");
    busy.retry_after_s = 1;
    return Refuse(std::move(busy));
  }
  incoming_->text.append(incoming_->piece.data(), size);
  shared_.body_bytes += size;
  parser_->is_done() ? AnswerRequest() : ReadBody();
}

void HttpConnection::FailBody(Error error) {
  const HttpListener& listener = shared_.listener;
  auto answer = incoming_->late ? Refusal(listener, 408, "The body took too long.") : RefusalOfError(error, listener);
  incoming_.reset();
  if (answer) Refuse(std::move(*answer));
}

void HttpConnection::AnswerRequest() {
  const HttpListener& listener = shared_.listener;
  const HttpHead& head = parser_->get();
  HttpResponse response = shared_.stopping
                              ? Refusal(listener, 503, "The program is stopping.")
                              : Ask(listener.handler, listener, head, peer_, incoming_ ? std::string_view(incoming_->text) : "");
  const bool keep_alive = parser_->keep_alive() && !shared_.stopping;
  Write(std::move(response), head.method() == http::verb::head, keep_alive);
}

// ---- Answers ----

void HttpConnection::Refuse(HttpResponse response) {
  const bool understood = parser_->is_header_done();
  const bool keep_alive = understood && parser_->keep_alive() && response.status == 405 && !HasBody(parser_->get());
  Write(std::move(response), understood && parser_->get().method() == http::verb::head, keep_alive);
}

void HttpConnection::Write(HttpResponse response, bool head_only, bool keep_alive) {
  Enter(State::kAnswering);
  incoming_.reset();
  parser_.reset();
  head_ = HeadText(response, shared_.listener, keep_alive);
  body_ = head_only ? nullptr : std::move(response.body);
  SetReset(true);
  stream_.expires_after(shared_.options.write_timeout);
  const std::array<net::const_buffer, 2> parts{net::buffer(head_), body_ ? net::buffer(*body_) : net::const_buffer()};
  net::async_write(stream_, parts, [self = shared_from_this(), keep_alive](Error error, size_t) {
    if (!error) self->OnWritten(keep_alive);
  });
}

void HttpConnection::OnWritten(bool keep_alive) {
  SetReset(false);
  head_ = {};
  body_.reset();
  if (!keep_alive) return ShutDown();
  Enter(State::kIdle);
  if (buffer_.size() > 0) return ReadHead();
  AwaitRequest();
}

void HttpConnection::AwaitRequest() {
  buffer_.shrink_to_fit();
  stream_.expires_after(shared_.options.idle_timeout);
  stream_.async_read_some(SomeRoom(), [self = shared_from_this()](Error error, size_t size) {
    self->buffer_.commit(size);
    if (!error && self->seated_) self->ReadHead();
  });
}

// Closing while the client still sends would reset the connection and could take the answer away from it: so what comes is thrown
// away until it closes too, within the deadline of the answer.
void HttpConnection::ShutDown() {
  Error ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  Drain();
}

void HttpConnection::Drain() {
  stream_.async_read_some(SomeRoom(), [self = shared_from_this()](Error error, size_t) {
    if (!error) self->Drain();
  });
}

net::mutable_buffer HttpConnection::SomeRoom() { return buffer_.prepare(std::min<size_t>(512, buffer_.max_size())); }

// Whether closing discards what the client has not fetched: otherwise the kernel would keep that for minutes.
void HttpConnection::SetReset(bool on) {
  Error ignored;
  stream_.socket().set_option(net::socket_base::linger(on, 0), ignored);
}

}  // namespace logmill
