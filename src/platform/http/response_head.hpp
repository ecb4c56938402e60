// The status line and headers of an answer, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace platform::http {

// How the body is delimited on the wire (RFC 9112 section 6.3).
enum class Framing { none, length, chunked, until_close };

struct HeadOptions {
  Framing framing = Framing::length;
  uint64_t length = 0;  // with Framing::length
  bool keep_alive = true;
  bool http_1_0 = false;
};

// 1xx, 204 and 304 have no body (RFC 9110 section 6.4.1).
[[nodiscard]] bool may_have_body(int status);
// Content-Length, Transfer-Encoding, Connection and Date are written here and dropped from what the
// handler set. Control characters in a value become spaces, so that no value can start a header.
[[nodiscard]] std::string make_response_head(const Response& response, const HeadOptions& options);
// "text/plain" with a sentence, for what is refused before a handler is asked.
[[nodiscard]] Response make_plain_response(int status, std::string sentence);

}  // namespace platform::http
