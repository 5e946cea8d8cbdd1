// What a fork() must not break: whose pid a line shows, and the lock under which lines are written.
#pragma once

#include <mutex>

namespace logmill {

// The id of this process without a system call. After fork() the child gets its own (pthread_atfork). Thread-safe.
int ProcessId();

// Held while a line is formatted and written. One for the whole process; fork() waits for it, so a child never inherits it
// locked by a thread that it does not have, nor half of a line.
std::mutex& OutputMutex();

}  // namespace logmill
