#include "platform/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <iterator>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/current_request.hpp"
#include "platform/log_control.hpp"

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

enum class Form { fields, json };

const char* pattern_of(Form form) {
  return form == Form::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})"
                            : "time=%Y-%m-%dT%H:%M:%S.%fZ level=%l %v";
}

// Every line is flushed: the last lines before a crash are the ones that matter.
std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, LogLevel level,
                                            Form form = Form::fields) {
  // Behind it the file can be changed while others write.
  auto exchangeable = std::make_shared<spdlog::sinks::dist_sink_mt>();
  exchangeable->add_sink(std::move(sink));
  auto logger = std::make_shared<spdlog::logger>("nephele", std::move(exchangeable));
  logger->set_pattern(pattern_of(form), spdlog::pattern_time_type::utc);
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

// Of start_log; afterwards only read.
LogOptions& started_with() {
  static auto* options = new LogOptions;
  return *options;
}

std::atomic<Form>& form() {
  static std::atomic<Form> chosen = Form::fields;
  return chosen;
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

void append_json(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  const bool is_text = base::utf8_length(value).has_value();
  out += fmt::format("{}\"{}\":\"", out.empty() ? "" : ",", key);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += byte >= 0x80 && !is_text ? '?' : c;
    }
  }
  out += '"';
}

spdlog::sink_ptr make_sink(const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
  } catch (const spdlog::spdlog_ex& error) {
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("can not write the log file {}", file), error.what());
  }
}

void start_in_form(const LogOptions& options, Form chosen) {
  logger() = make_logger(make_sink(options.file), options.level, chosen);
  started_with() = options;
  form() = chosen;
}

std::string json_line(const CurrentRequest& request, std::string_view text) {
  std::string line;
  append_json(line, "role", request.role);
  append_json(line, "request_id", request.request_id);
  append_json(line, "project", request.project_id);
  append_json(line, "message", text.empty() ? " " : text);
  return line;
}

}  // namespace

void start_log(const LogOptions& options) { start_in_form(options, Form::fields); }

void start_json_log(const LogOptions& options) { start_in_form(options, Form::json); }

void set_log_level(LogLevel level) { logger()->set_level(to_spdlog(level)); }

void reopen_log() {
  if (started_with().file.empty()) return;
  spdlog::sink_ptr fresh = make_sink(started_with().file);
  fresh->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern_of(form()),
                                                                   spdlog::pattern_time_type::utc));
  auto& exchangeable = dynamic_cast<spdlog::sinks::dist_sink_mt&>(*logger()->sinks().front());
  exchangeable.set_sinks({std::move(fresh)});
}

void flush_log() { logger()->flush(); }

bool log_enabled(LogLevel level) { return logger()->should_log(to_spdlog(level)); }

void log_line(LogLevel level, std::string_view text) {
  const CurrentRequest& request = current_request();
  std::string line;
  if (form() == Form::json) {
    line = json_line(request, text);
    logger()->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
    return;
  }
  line.reserve(text.size() + 160);
  append_field(line, "role", request.role);
  append_field(line, "request_id", request.request_id);
  append_field(line, "project", request.project_id);
  append_escaped(line, text);
  logger()->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace platform
