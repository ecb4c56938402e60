#include "openstack/clients/answers.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "openstack/error_body.hpp"
#include "platform/waiting.hpp"

namespace openstack::clients {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Response;

constexpr size_t kLongestErrorBody = 65536;
constexpr base::Duration kTimeout = std::chrono::seconds(60);

// The body of an answer as text, also if it streams.
std::string body_of(Response& response, size_t limit) {
  if (!response.stream || !response.stream->reader) return std::move(response.body);
  std::string text;
  std::array<char, 8192> buffer{};
  while (text.size() < limit) {
    const size_t got = response.stream->reader->read(buffer.data(), buffer.size());
    if (got == 0) break;
    text.append(buffer.data(), got);
  }
  return text;
}

}  // namespace

base::Json json_of(Response& response) {
  const std::string text = body_of(response, std::string::npos);
  if (base::trim(text).empty()) return nullptr;
  try {
    return base::parse_json(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::bad_gateway, "Another service gave an answer that is not JSON.",
                error.what());
  }
}

std::string message_of_answer(Response& response) {
  return message_of_error_body(body_of(response, kLongestErrorBody));
}

void throw_if_error(Response& response, const std::string& what) {
  if (response.status < 400) return;
  std::string message = message_of_answer(response);
  if (message.empty()) message = fmt::format("A service answered {}.", response.status);
  throw Error(base::error_kind_for_status(response.status), message,
              fmt::format("{} answered {}", what, response.status));
}

bool is_refusal(const Error& error) {
  constexpr std::array kOpen{ErrorKind::unavailable, ErrorKind::timeout, ErrorKind::bad_gateway,
                             ErrorKind::internal, ErrorKind::conflict};
  return std::ranges::find(kOpen, error.kind()) == kOpen.end();
}

bool is_away(const Error& error) {
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::timeout;
}

Response send_as(const Caller& caller, platform::http::Transport& transport,
                 const std::string& url_base, platform::http::Request request) {
  platform::assert_may_wait("clients::send_as");
  const std::string what = fmt::format("{} {}{}", request.method, url_base, request.path);
  request.headers.set("X-OpenStack-Request-ID", caller.request_id);
  request.headers.set("X-Auth-Token", caller.token);
  Response response = transport.send(url_base, std::move(request), kTimeout);
  throw_if_error(response, what);
  return response;
}

}  // namespace openstack::clients
