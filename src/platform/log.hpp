// Structured log lines: lower case, no trailing period, key=value fields; the request id, project
// and role of the thread are added by itself. Never log a secret.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace platform {

enum class LogLevel { debug, info, warning, error };

struct LogOptions {
  std::string file;  // empty: standard error
  LogLevel level = LogLevel::info;
};

// Once, at start, before the first line. Without it, lines go to standard error at `warning`.
void start_log(const LogOptions& options);
// Flushes; used before exit.
void flush_log();
[[nodiscard]] bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view text);

template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::warning, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::error, format, std::forward<Args>(args)...);
}

}  // namespace platform
