// Starts what fills the feeds.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "daemon/source_config.h"
#include "sources/feed.h"

namespace logmill {

// The receiver of a source for which IsReceived() is true; or why it cannot start. `feed` and `clock` outlive it.
std::expected<std::unique_ptr<Receiver>, std::string> StartReceiver(const SourceConfig& source, Feed& feed, const Clock& clock);

}  // namespace logmill
