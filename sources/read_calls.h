// read() and its errors, as the sources use them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sources/file_descriptor.h"
#include "sources/source.h"

namespace logmill {

// read() that waits: begun again after a signal, and after poll() on a descriptor that does not block. 0 at the end, -1 with errno.
ssize_t ReadWaiting(int fd, std::span<char> room);

// pread() that is begun again after a signal. Fewer bytes than there is room for only at the end; -1 with errno.
ssize_t ReadAt(int fd, uint64_t at, std::span<char> room);

// Reads the bytes before `offset` again, which have to be `before` (128 at most), and the ones behind it into `room`: how many, or -1 with
// errno. Nothing when others stand there.
std::optional<ssize_t> ReadBehind(int fd, std::string_view before, uint64_t offset, std::span<char> room);

// "name: what the system says", for errno.
std::string SystemError(const std::string& name);

// Opens for reading; nothing when it cannot be opened or is a directory. A FIFO waits for its writer.
std::expected<FileDescriptor, std::string> OpenToRead(const std::string& path);

inline ReadResult DataResult(ssize_t bytes) {
  return {.status = ReadResult::Status::kData, .bytes = static_cast<size_t>(bytes), .error = {}};
}
inline ReadResult ErrorResult(std::string error) { return {.status = ReadResult::Status::kError, .error = std::move(error)}; }

}  // namespace logmill
