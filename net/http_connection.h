// One client of the HTTP server, and the list of all of them. Internal to net/.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "net/http_message.h"
#include "net/http_server.h"

namespace logmill {

class HttpConnection;

// All open connections, by state and by how long they have been in it. Server thread only, but for size().
class HttpRoster {
 public:
  enum class State : uint8_t { kNew, kIdle, kAnswering };  // kNew: its first request is not complete yet
  using Seat = std::list<HttpConnection*>::iterator;

  Seat Enter(HttpConnection* connection);
  void Move(Seat seat, State from, State to);
  void Leave(Seat seat, State state);
  // Closes the one that can be spared the most; false when there is none.
  bool MakeRoom();
  [[nodiscard]] size_t size() const { return size_; }

 private:
  std::list<HttpConnection*>& Of(State state) { return lists_[static_cast<size_t>(state)]; }

  std::array<std::list<HttpConnection*>, 3> lists_;
  std::atomic<size_t> size_ = 0;
};

// What all connections share; outlives them. Server thread.
struct HttpShared {
  const HttpOptions& options;
  HttpRoster& roster;
  const bool& stopping;
  HttpListener listener;
  size_t body_bytes = 0;  // of the bodies that are on their way
};

// Owned by the operation that it waits for, so it lives exactly as long as something can still happen. Server thread.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, HttpShared& shared);
  ~HttpConnection() { Leave(); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void ReadHead();
  void Close();

 private:
  using Error = boost::system::error_code;
  using State = HttpRoster::State;

  // The body that is being read. Its bytes are among HttpShared::body_bytes.
  struct Incoming {
    Incoming(const boost::asio::any_io_executor& executor, size_t& bytes) : all_bytes(bytes), deadline(executor) {}
    ~Incoming() { all_bytes -= text.size(); }
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;

    size_t& all_bytes;
    boost::asio::steady_timer deadline;
    bool late = false;
    std::string text;
    std::array<char, size_t{16} * 1024> piece;
  };

  void Leave();
  void Enter(State state);

  void OnHead(Error error);
  void BeginBody();
  void AllowBody();
  void ReadBody();
  void OnBody(Error error);
  void FailBody(Error error);
  void AnswerRequest();

  void Refuse(HttpResponse response);
  void Write(HttpResponse response, bool head_only, bool keep_alive);
  void OnWritten(bool keep_alive);
  void AwaitRequest();
  void ShutDown();
  void Drain();
  boost::asio::mutable_buffer SomeRoom();
  void SetReset(bool on);

  boost::beast::tcp_stream stream_;
  HttpShared& shared_;
  const HttpRoster::Seat seat_;
  const std::string peer_;
  State state_ = State::kNew;
  bool seated_ = true;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::buffer_body>> parser_;
  std::unique_ptr<Incoming> incoming_;
  std::string head_;
  std::shared_ptr<const std::string> body_;
};

}  // namespace logmill
