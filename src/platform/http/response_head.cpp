#include "platform/http/response_head.hpp"

#include <fmt/chrono.h>

#include <array>
#include <chrono>

#include "base/text.hpp"

namespace platform::http {

namespace {

std::string_view reason_phrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr std::array rows = {
      Row{200, "OK"},
      Row{201, "Created"},
      Row{202, "Accepted"},
      Row{203, "Non-Authoritative Information"},
      Row{204, "No Content"},
      Row{206, "Partial Content"},
      Row{300, "Multiple Choices"},
      Row{301, "Moved Permanently"},
      Row{302, "Found"},
      Row{303, "See Other"},
      Row{304, "Not Modified"},
      Row{307, "Temporary Redirect"},
      Row{400, "Bad Request"},
      Row{401, "Unauthorized"},
      Row{403, "Forbidden"},
      Row{404, "Not Found"},
      Row{405, "Method Not Allowed"},
      Row{406, "Not Acceptable"},
      Row{408, "Request Timeout"},
      Row{409, "Conflict"},
      Row{410, "Gone"},
      Row{411, "Length Required"},
      Row{412, "Precondition Failed"},
      Row{413, "Request Entity Too Large"},
      Row{415, "Unsupported Media Type"},
      Row{416, "Requested Range Not Satisfiable"},
      Row{429, "Too Many Requests"},
      Row{431, "Request Header Fields Too Large"},
      Row{500, "Internal Server Error"},
      Row{501, "Not Implemented"},
      Row{502, "Bad Gateway"},
      Row{503, "Service Unavailable"},
      Row{504, "Gateway Timeout"},
  };
  for (const Row& row : rows)
    if (row.status == status) return row.phrase;
  return "Unknown";
}

// The same text for a whole second: made once per second and thread.
std::string_view date_text() {
  thread_local std::chrono::sys_seconds last{};
  thread_local std::string text;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != last || text.empty()) {
    const std::time_t seconds = now.time_since_epoch().count();
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(seconds));
    last = now;
  }
  return text;
}

bool is_written_here(std::string_view name) {
  for (const std::string_view ours :
       {"content-length", "transfer-encoding", "connection", "keep-alive", "date"})
    if (base::equals_ignoring_case(name, ours)) return true;
  return false;
}

void append_harmless(std::string& head, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    head += (byte < 0x20 && c != '\t') || byte == 0x7f ? ' ' : c;
  }
}

void append_framing(std::string& head, const HeadOptions& options) {
  if (options.framing == Framing::length)
    head += fmt::format("Content-Length: {}\r\n", options.length);
  if (options.framing == Framing::chunked) head += "Transfer-Encoding: chunked\r\n";
  if (!options.keep_alive) head += "Connection: close\r\n";
  if (options.keep_alive && options.http_1_0) head += "Connection: keep-alive\r\n";
}

}  // namespace

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string make_response_head(const Response& response, const HeadOptions& options) {
  std::string head;
  head.reserve(512);
  head += fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) {
    if (is_written_here(name)) continue;
    append_harmless(head, name);
    head += ": ";
    append_harmless(head, value);
    head += "\r\n";
  }
  append_framing(head, options);
  head += "Date: ";
  head += date_text();
  head += "\r\n\r\n";
  return head;
}

Response make_plain_response(int status, std::string sentence) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=UTF-8");
  response.body = std::move(sentence) + "\n";
  return response;
}

}  // namespace platform::http
