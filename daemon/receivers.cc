#include "daemon/receivers.h"

#include <variant>

namespace logmill {
namespace {

using Started = std::expected<std::unique_ptr<Receiver>, std::string>;

// By the type of the options: what a receiver has to know beside its own options stands in the source.
class Starter {
 public:
  Starter(const SourceConfig& source, Feed& feed, const Clock& clock) : source_(source), feed_(feed), clock_(clock) {}

  Started operator()(const FileOptions&) const { return std::unexpected("a file has no receiver"); }
  Started operator()(const StdinOptions&) const { return std::unexpected("standard input has no receiver"); }
  Started operator()(DockerOptions options) const {
    options.max_line_bytes = source_.stream.max_line_bytes;
    return StartDocker(std::move(options), feed_, clock_);
  }
  Started operator()(JournalOptions options) const {
    options.max_line_bytes = source_.stream.max_line_bytes;
    return StartJournal(std::move(options), feed_, clock_);
  }
  Started operator()(SyslogOptions options) const {
    options.max_line_bytes = source_.stream.max_line_bytes;
    return StartSyslog(std::move(options), feed_, clock_);
  }
  Started operator()(HttpSourceOptions options) const {
    options.max_line_bytes = source_.stream.max_line_bytes;
    return StartHttpSource(std::move(options), feed_, clock_);
  }

 private:
  const SourceConfig& source_;
  Feed& feed_;
  const Clock& clock_;
};

}  // namespace

Started StartReceiver(const SourceConfig& source, Feed& feed, const Clock& clock) {
  return std::visit(Starter(source, feed, clock), source.input);
}

}  // namespace logmill
