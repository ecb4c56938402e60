// What an operator changes of a log while the program runs, and the form that machines read.
#pragma once

#include "platform/log.hpp"

namespace platform {

// As start_log; each line is a JSON object with time, level, role, request_id, project and message.
void start_json_log(const LogOptions& options);
// From the next line on. Thread-safe.
void set_log_level(LogLevel level);
// Goes on in a new file if the old one was moved away (logrotate). Thread-safe. Throws
// base::Error(unavailable) if it can not be made; then the log goes on where it was.
void reopen_log();

}  // namespace platform
