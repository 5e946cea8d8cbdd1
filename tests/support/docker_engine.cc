#include "tests/support/docker_engine.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace logmill::testing {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::string ParameterOf(const std::string& query, const std::string& name) {
  const size_t found = ('&' + query).find('&' + name + '=');
  if (found == std::string::npos) return "";
  const size_t begin = found + name.size() + 1;
  return query.substr(begin, query.find('&', begin) - begin);
}

int64_t SinceOf(const std::string& query) {
  const std::string since = ParameterOf(query, "since");
  const size_t dot = since.find('.');
  const int64_t seconds = std::atoll(since.c_str());
  return seconds * kSecond + (dot == std::string::npos ? 0 : std::atoll((since.substr(dot + 1) + "000000000").substr(0, 9).c_str()));
}

}  // namespace

std::string EngineTime(int64_t time_ns) {
  const std::time_t seconds = time_ns / kSecond;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%09dZ", static_cast<int>(time_ns % kSecond));
  return text;
}

std::string EngineBytes(const ContainerMessage& message, bool terminal) {
  const std::string payload = EngineTime(message.time_ns) + ' ' + message.text;
  if (terminal) return payload;
  std::string head(8, '\0');
  head[0] = static_cast<char>(message.stream);
  for (size_t i = 0; i < 4; ++i) head[4 + i] = static_cast<char>(payload.size() >> (24 - 8 * i));
  return head + payload;
}

DockerEngine::DockerEngine(std::string socket) : socket_(std::move(socket)) { Start(); }

DockerEngine::~DockerEngine() { Stop(); }

void DockerEngine::Start() {
  const std::lock_guard lock(mutex_);
  stopping_ = false;
  ::unlink(socket_.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 100) != 0) std::abort();
  threads_.emplace_back([this, listener = listener_] { Accept(listener); });
}

void DockerEngine::Stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
    changed_.notify_all();
    threads.swap(threads_);
  }
  if (threads.empty()) return;
  threads.front().join();  // the one that accepts, and adds others
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(threads_, std::back_inserter(threads));
    threads_.clear();
  }
  for (size_t i = 1; i < threads.size(); ++i) threads[i].join();
  ::unlink(socket_.c_str());
}

void DockerEngine::Accept(int listener) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) break;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      break;
    }
    connections_.insert(fd);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
  ::close(listener);
}

void DockerEngine::Serve(int fd) {
  std::string request;
  char bytes[1024];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::read(fd, bytes, sizeof bytes);
    if (count <= 0) break;
    request.append(bytes, static_cast<size_t>(count));
  }
  const size_t begin = request.find(' ') + 1;
  if (begin > 0) Answer(fd, request.substr(begin, request.find(' ', begin) - begin));
  const std::lock_guard lock(mutex_);
  connections_.erase(fd);
  ::close(fd);
}

void DockerEngine::Answer(int fd, const std::string& path) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !hang_ || stopping_; });
    if (stopping_) return;
  }
  const size_t question = path.find('?');
  const std::string query = question == std::string::npos ? "" : path.substr(question + 1);
  const std::string plain = path.substr(0, question);
  if (plain == "/containers/json") return WriteJson(fd, 200, ListJson());
  if (plain == "/events") return AnswerEvents(fd, query);
  const std::string id = plain.substr(12, plain.rfind('/') - 12);
  std::string state;
  {
    const std::lock_guard lock(mutex_);
    const auto container = containers_.find(id);
    if (container != containers_.end()) {
      state = std::string("{\"Config\":{\"Tty\":") + (container->second.terminal ? "true" : "false") +
              "},\"State\":{\"Running\":" + (container->second.running ? "true" : "false") + "}}";
    }
  }
  if (state.empty()) return WriteJson(fd, 404, "{\"message\":\"No such container: " + id + "\"}");
  if (plain.ends_with("/logs")) return AnswerLog(fd, id, query);
  WriteJson(fd, 200, state);
}

std::string DockerEngine::ListJson() {
  const std::lock_guard lock(mutex_);
  if (!list_answer_.empty()) return list_answer_;
  std::string json = "[";
  for (const auto& [id, container] : containers_) {
    json += std::string(json.size() > 1 ? "," : "") + "{\"Id\":\"" + id + "\",\"Names\":[\"/" + container.name + "\"],\"Labels\":{" +
            container.labels + "},\"State\":\"" + (container.running ? "running" : "exited") + "\"}";
  }
  return json + "]";
}

void DockerEngine::WriteJson(int fd, int status, const std::string& json) {
  Write(fd, "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(json.size()) + "\r\nConnection: close\r\n\r\n" + json);
}

void DockerEngine::AnswerEvents(int fd, const std::string& query) {
  if (!Write(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")) return;
  std::unique_lock lock(mutex_);
  const int64_t since = SinceOf(query);
  for (auto told = static_cast<size_t>(std::ranges::count_if(events_, [since](int64_t time) { return time < since; }));;) {
    changed_.wait(lock, [&] { return stopping_ || events_.size() > told; });
    if (stopping_) return;
    told = events_.size();
    lock.unlock();
    const bool taken = WriteChunks(fd, "{\"Type\":\"container\",\"Action\":\"start\"}\n");
    lock.lock();
    if (!taken) return;
  }
}

void DockerEngine::AnswerLog(int fd, const std::string& id, const std::string& query) {
  std::unique_lock lock(mutex_);
  if (refuse_logs_ != 0) {
    const int status = refuse_logs_;
    lock.unlock();
    return WriteJson(fd, status, "{\"message\":\"the log driver does not support reading\"}");
  }
  const std::string answer = log_answer_;
  lock.unlock();
  const int64_t since = SinceOf(query);
  const bool follow = ParameterOf(query, "follow") == "1";
  if (!Write(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")) return;
  if (!answer.empty()) {
    (void)(WriteChunks(fd, answer) && Write(fd, "0\r\n\r\n"));
    return;
  }
  lock.lock();
  size_t next = 0;
  size_t sent = 0;
  for (;;) {
    const auto container = containers_.find(id);
    if (container == containers_.end() || stopping_) break;
    Container& of = container->second;
    if (next < of.log.size()) {
      const ContainerMessage message = of.log[next++];
      if (message.time_ns < since || next <= of.lost) continue;
      std::string bytes = EngineBytes(message, of.terminal);
      const bool breaks = break_after_ > 0 && sent + bytes.size() >= break_after_;
      if (breaks) bytes.resize(break_after_ - sent);
      if (breaks) break_after_ = 0;
      sent += bytes.size();
      lock.unlock();
      const bool taken = WriteChunks(fd, bytes);
      if (breaks || !taken) return;
      lock.lock();
      continue;
    }
    if (!follow || !of.running) break;
    ++of.followers;
    changed_.notify_all();
    changed_.wait(lock);
    if (const auto still = containers_.find(id); still != containers_.end()) --still->second.followers;
  }
  lock.unlock();
  Write(fd, "0\r\n\r\n");
}

bool DockerEngine::WriteChunks(int fd, const std::string& bytes) {
  size_t piece = 0;
  {
    const std::lock_guard lock(mutex_);
    piece = piece_bytes_;
    written_ += bytes.size();
  }
  for (size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    const std::string part = bytes.substr(at, piece);
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    if (!Write(fd, size + part + "\r\n")) return false;
  }
  return true;
}

bool DockerEngine::Write(int fd, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t count = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return false;
    at += static_cast<size_t>(count);
  }
  return true;
}

void DockerEngine::NoteEvent() {
  using std::chrono::nanoseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  if (!lose_events_) events_.push_back(std::chrono::duration_cast<nanoseconds>(now).count());
  changed_.notify_all();
}

void DockerEngine::AddContainer(const std::string& id, const std::string& name, bool terminal, const std::string& labels) {
  const std::lock_guard lock(mutex_);
  containers_[id] = {.name = name, .labels = labels, .terminal = terminal, .running = true, .log = {}, .lost = 0, .followers = 0};
  NoteEvent();
}

void DockerEngine::Log(const std::string& id, ContainerMessage message) {
  const std::lock_guard lock(mutex_);
  containers_.at(id).log.push_back(std::move(message));
  changed_.notify_all();
}

void DockerEngine::LoseOldest(const std::string& id, size_t count) {
  const std::lock_guard lock(mutex_);
  containers_.at(id).lost = count;
}

void DockerEngine::SetRunning(const std::string& id, bool running) {
  const std::lock_guard lock(mutex_);
  containers_.at(id).running = running;
  NoteEvent();
}

void DockerEngine::Rename(const std::string& id, const std::string& name) {
  const std::lock_guard lock(mutex_);
  containers_.at(id).name = name;
  NoteEvent();
}

void DockerEngine::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  containers_.erase(id);
  NoteEvent();
}

void DockerEngine::WriteInPieces(size_t bytes) {
  const std::lock_guard lock(mutex_);
  piece_bytes_ = bytes;
}

void DockerEngine::BreakLogsAfter(size_t bytes) {
  const std::lock_guard lock(mutex_);
  break_after_ = bytes;
}

void DockerEngine::LoseEvents() {
  const std::lock_guard lock(mutex_);
  lose_events_ = true;
}

void DockerEngine::AnswerLogsWith(std::string body) {
  const std::lock_guard lock(mutex_);
  log_answer_ = std::move(body);
}

void DockerEngine::AnswerListWith(std::string body) {
  const std::lock_guard lock(mutex_);
  list_answer_ = std::move(body);
}

void DockerEngine::RefuseLogs(int status) {
  const std::lock_guard lock(mutex_);
  refuse_logs_ = status;
}

void DockerEngine::Hang(bool hang) {
  const std::lock_guard lock(mutex_);
  hang_ = hang;
  changed_.notify_all();
}

void DockerEngine::AwaitFollower(const std::string& id) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return containers_.at(id).followers > 0; });
}

size_t DockerEngine::bytes_written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

}  // namespace logmill::testing
