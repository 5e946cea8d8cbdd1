// What cxx17_user.cc, a user's C++17 translation unit, offers to the tests.
#pragma once

namespace logmill::testing {

// __cplusplus as that file saw it.
long LanguageOfUser();
// Logs through every public header to the two descriptors, as a service would.
void LogAsUser(int out_fd, int err_fd);

}  // namespace logmill::testing
