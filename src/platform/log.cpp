#include "platform/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <iterator>
#include <memory>

#include "base/error.hpp"
#include "platform/current_request.hpp"

namespace platform {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Every line is flushed: the last lines before a crash are the ones that matter.
std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("nephele", std::move(sink));
  logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%fZ level=%l %v", spdlog::pattern_time_type::utc);
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// Never destroyed: threads may log while the program exits.
std::shared_ptr<spdlog::logger>& logger() {
  static auto* instance = new std::shared_ptr<spdlog::logger>(
      make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>(), LogLevel::warning));
  return *instance;
}

// Text from outside must not be able to forge a line of its own.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += key;
  out += '=';
  append_escaped(out, value);
  out += ' ';
}

}  // namespace

void start_log(const LogOptions& options) {
  if (options.file.empty()) {
    logger() = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>(), options.level);
    return;
  }
  try {
    logger() = make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file),
                           options.level);
  } catch (const spdlog::spdlog_ex& error) {
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("can not write the log file {}", options.file), error.what());
  }
}

void flush_log() { logger()->flush(); }

bool log_enabled(LogLevel level) { return logger()->should_log(to_spdlog(level)); }

void log_line(LogLevel level, std::string_view text) {
  const CurrentRequest& request = current_request();
  std::string line;
  line.reserve(text.size() + 160);
  append_field(line, "role", request.role);
  append_field(line, "request_id", request.request_id);
  append_field(line, "project", request.project_id);
  append_escaped(line, text);
  logger()->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace platform
