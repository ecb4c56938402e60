#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/http/client.hpp"
#include "platform/waiting.hpp"

namespace platform::http {

namespace {

std::string without_slash(const std::string& url_base) {
  return url_base.ends_with('/') ? url_base.substr(0, url_base.size() - 1) : url_base;
}

// What the socket would do to the answer.
void drop_body_of_head(const Request& request, Response& response) {
  if (request.method != "HEAD") return;
  if (!response.body.empty())
    response.headers.set("Content-Length", std::to_string(response.body.size()));
  else if (response.stream && response.stream->length)
    response.headers.set("Content-Length", std::to_string(*response.stream->length));
  response.body.clear();
  response.stream.reset();
}

}  // namespace

void LocalTransport::add(const std::string& url_base, Handler handler) {
  handlers_[without_slash(url_base)] = std::move(handler);
}

Response LocalTransport::send(const std::string& url_base, Request request,
                              base::Duration timeout) {
  const auto found = handlers_.find(without_slash(url_base));
  if (found == handlers_.end()) {
    if (fallback_ != nullptr) return fallback_->send(url_base, std::move(request), timeout);
    throw base::Error(base::ErrorKind::unavailable,
                      "The service at " + url_base + " cannot be reached.");
  }
  assert_may_wait("a call to another service");
  request.peer_address = "127.0.0.1";
  if (!request.stream) request.content_length = request.body.size();
  Response response = found->second(request);
  drop_body_of_head(request, response);
  return response;
}

}  // namespace platform::http
