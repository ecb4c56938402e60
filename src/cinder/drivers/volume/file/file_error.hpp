// What the calls of a file system failed for, as errors of ours.
#pragma once

#include <string>

namespace cinder::drivers {

// Throws by errno: Error(too_large) if there is no room, Error(not_found) if there is no such file,
// else Error(internal). What was tried, and on what, is for the log.
[[noreturn]] void fail_on_file(const char* what, const std::string& path);

}  // namespace cinder::drivers
