// Loki as a test has it: a push read by the numbers of push.proto, and a server that takes what it likes and answers as Loki does.
#pragma once

#include <gtest/gtest.h>
#include <snappy.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <protozero/pbf_reader.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shipping/loki.h"
#include "shipping/time_text.h"

namespace logmill::loki_test {

inline constexpr int64_t kNow = 1'766'533'331'507'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kHour = 3600 * kSecond;

inline ShipRecord Line(int64_t time_ns, std::string_view line, std::string_view level = "log") {
  return {.time_ns = time_ns,
          .read_ms = kNow / 1'000'000,
          .format = RecordFormat::kJson,
          .level = level,
          .context = "Api",
          .message = line,
          .pid = 30,
          .source = "gallery",
          .stream = "/var/log/gallery.log",
          .line = line};
}

struct Entry {
  int64_t time_ns = 0;
  std::string line;
  std::map<std::string, std::string> metadata;
  auto operator<=>(const Entry&) const = default;
};

struct Stream {
  std::string labels;
  std::vector<Entry> entries;
};

inline int64_t ReadTimestamp(protozero::pbf_reader time) {
  int64_t time_ns = 0;
  while (time.next()) time_ns += time.tag() == 1 ? time.get_int64() * kSecond : time.get_int32();
  return time_ns;
}

inline Entry ReadEntry(protozero::pbf_reader message) {
  Entry entry;
  while (message.next()) {
    if (message.tag() == 1) {
      entry.time_ns = ReadTimestamp(message.get_message());
    } else if (message.tag() == 2) {
      entry.line = message.get_string();
    } else {
      EXPECT_EQ(message.tag(), 3u);
      protozero::pbf_reader pair = message.get_message();
      EXPECT_TRUE(pair.next(1));
      const std::string name = pair.get_string();
      EXPECT_TRUE(pair.next(2));
      entry.metadata[name] = pair.get_string();
    }
  }
  return entry;
}

inline Stream ReadStream(protozero::pbf_reader message) {
  Stream stream;
  while (message.next()) {
    if (message.tag() == 1) {
      stream.labels = message.get_string();
    } else {
      EXPECT_EQ(message.tag(), 2u);
      stream.entries.push_back(ReadEntry(message.get_message()));
    }
  }
  return stream;
}

// The streams of a push, by the numbers of push.proto.
inline std::vector<Stream> ReadPush(const ProtocolRequest& request) {
  std::string message;
  EXPECT_TRUE(snappy::Uncompress(request.body.data(), request.body.size(), &message));
  std::vector<Stream> streams;
  protozero::pbf_reader push(message);
  while (push.next()) {
    EXPECT_EQ(push.tag(), 1u);
    streams.push_back(ReadStream(push.get_message()));
  }
  return streams;
}

inline HttpReply Reply(int status, std::string body = {}) { return {.status = status, .headers = {}, .body = std::move(body)}; }

// Loki as far as a push is concerned: takes what it likes of a stream's entries and answers as Loki does.
class FakeLoki {
 public:
  HttpReply Push(const ProtocolRequest& request) {
    ++pushes;
    last = request;
    if (!answers.empty()) {
      const HttpReply answer = answers.front();
      answers.pop_front();
      return answer;
    }
    std::string complaint;
    for (const Stream& stream : ReadPush(request)) complaint = Take(stream);
    return complaint.empty() ? Reply(204) : Reply(400, complaint);
  }

  std::function<std::string(const Entry&)> refuse = [](const Entry&) { return ""; };  // what is wrong with an entry
  int64_t oldest_ns = 0;                                                              // acceptable in any stream
  int64_t window_ns = kHour;  // what is further behind the newest entry of its stream is refused; 0: everything behind it
  bool takes_metadata = true;
  std::deque<HttpReply> answers;  // instead of its own, as long as there are some
  std::map<std::string, std::set<std::pair<int64_t, std::string>>> streams;
  size_t pushes = 0;
  ProtocolRequest last;

 private:
  using Taken = std::set<std::pair<int64_t, std::string>>;

  // The distributor's part. What it says of the others is lost when the ingester says something, too.
  std::string Take(const Stream& stream) {
    std::map<std::string, size_t> wrong;
    std::vector<Entry> good;
    for (const Entry& entry : stream.entries) {
      const std::string words = Validate(stream, entry);
      if (words.empty()) good.push_back(entry);
      if (!words.empty()) ++wrong[words];
    }
    if (const std::string words = Ingest(stream.labels, good); !words.empty()) return words;
    std::string grouped;
    for (const auto& [words, count] : wrong) {
      grouped += grouped.empty() ? "" : "; ";
      if (wrong.size() > 1 || count > 1) grouped += std::to_string(count) + " errors like: ";
      grouped += words;
    }
    return grouped;
  }

  [[nodiscard]] std::string Validate(const Stream& stream, const Entry& entry) const {
    if (takes_metadata || entry.metadata.empty()) return refuse(entry);
    return "stream '" + stream.labels +
           "' includes structured metadata, but this feature is disallowed. Please see `limits_config.allow_structured_metadata`";
  }

  std::string Ingest(const std::string& labels, const std::vector<Entry>& entries) {
    std::string listed;
    size_t ignored = 0;
    Taken& taken = streams[labels];
    for (const Entry& entry : entries) {
      const int64_t cutoff = std::max(oldest_ns, taken.empty() ? 0 : taken.rbegin()->first - window_ns);
      if (entry.time_ns >= cutoff) {
        taken.emplace(entry.time_ns, entry.line);
      } else if (++ignored <= 10) {
        std::string time = FormatTime(entry.time_ns, 9);
        time[10] = ' ', time.pop_back();
        const std::string reason = window_ns == 0 ? "entry out of order"
                                                  : "entry too far behind, entry timestamp is: " + FormatTime(entry.time_ns, 0) +
                                                        ", oldest acceptable timestamp is: " + FormatTime(cutoff, 0);
        listed += "entry with timestamp " + time + " +0000 UTC ignored, reason: '" + reason + "',\n";
      }
    }
    if (ignored == 0) return "";
    return listed + "user 'fake', total ignored: " + std::to_string(ignored) + " out of " + std::to_string(entries.size()) +
           " for stream: " + labels;
  }
};

class LokiTest : public testing::Test {
 protected:
  // As HttpDestination does it.
  Delivery DeliverOnce(const std::vector<ShipRecord>& batch) {
    if (!protocol_) protocol_ = MakeLoki(options_);
    const HttpReply reply = loki_.Push(protocol_->Encode(batch));
    const Delivery delivery = protocol_->Read(reply, batch);
    if (delivery.kind != Delivery::Kind::kTaken) return delivery;
    return protocol_->Confirm(reply, batch, [&](const ProtocolRequest& request) { return loki_.Push(request); });
  }
  // As the Shipper does it, until nothing is unsent or something has to wait.
  Delivery Deliver(const std::vector<ShipRecord>& batch) {
    Delivery delivery = DeliverOnce(batch);
    if (delivery.unsent.empty() || !delivery.again.empty()) return delivery;
    std::vector<ShipRecord> rest;
    for (const size_t index : delivery.unsent) rest.push_back(batch[index]);
    const Delivery later = Deliver(rest);
    EXPECT_EQ(later.kind, Delivery::Kind::kTaken);
    for (const auto& [index, reason] : later.refused) delivery.refused.push_back({delivery.unsent[index], reason});
    for (const size_t index : later.again) delivery.again.push_back(delivery.unsent[index]);
    delivery.words += later.words;
    delivery.unsent.clear();
    return delivery;
  }

  std::vector<Stream> Push(const std::vector<ShipRecord>& batch) { return ReadPush(MakeLoki(options_)->Encode(batch)); }

  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    for (const auto& [labels, entries] : loki_.streams) {
      for (const auto& [time, line] : entries) lines.push_back(line);
    }
    return lines;
  }

  LokiOptions options_;
  FakeLoki loki_;
  std::unique_ptr<Protocol> protocol_;
};

inline std::vector<size_t> RefusedOf(const Delivery& delivery) {
  std::vector<size_t> indices;
  for (const auto& refused : delivery.refused) indices.push_back(refused.index);
  return indices;
}

}  // namespace logmill::loki_test
