#include "openstack/clients/service_session.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "openstack/clients/answers.hpp"
#include "platform/waiting.hpp"

namespace openstack::clients {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Request;
using platform::http::Response;

// A token is renewed this long before it expires, so that none expires on its way.
constexpr base::Duration kMargin = std::chrono::seconds(60);
// What Keystone keeps a token for if it does not say.
constexpr base::Duration kFallbackLifetime = std::chrono::minutes(5);
constexpr base::Duration kSignInTimeout = std::chrono::seconds(30);

// POST /v3/auth/tokens with method "password", scoped to the service project.
std::string sign_in_body(const ServiceCredentials& credentials) {
  const base::JsonObject domain{{"id", credentials.domain_id}};
  const base::JsonObject user{
      {"name", credentials.username}, {"domain", domain}, {"password", credentials.password}};
  const base::JsonObject identity{{"methods", base::JsonArray{"password"}},
                                  {"password", base::JsonObject{{"user", user}}}};
  const base::JsonObject project{{"name", credentials.project_name}, {"domain", domain}};
  const base::JsonObject auth{{"identity", identity},
                              {"scope", base::JsonObject{{"project", project}}}};
  return base::to_text(base::JsonObject{{"auth", auth}});
}

}  // namespace

std::pair<std::string, std::string> split_url(const std::string& url) {
  const size_t authority = url.find("://");
  const size_t begin = authority == std::string::npos ? 0 : authority + 3;
  const size_t path = url.find('/', begin);
  if (path == std::string::npos) return {url, ""};
  std::string rest = url.substr(path);
  if (rest.ends_with('/')) rest.pop_back();
  return {url.substr(0, path), rest};
}

ServiceSession::ServiceSession(platform::http::Transport& transport, ServiceCredentials credentials,
                               platform::Runtime runtime)
    : transport_(transport), credentials_(std::move(credentials)), runtime_(std::move(runtime)) {}

std::string ServiceSession::sign_in() {
  const auto [url_base, path] = split_url(credentials_.auth_url);
  Request request;
  request.method = "POST";
  request.path = path + "/auth/tokens";
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json");
  request.body = sign_in_body(credentials_);
  request.content_length = request.body.size();
  Response response = transport_.send(url_base, std::move(request), kSignInTimeout);
  const std::string token(response.headers.value("X-Subject-Token"));
  if (response.status != 201 || token.empty())
    throw Error(ErrorKind::unavailable, "The identity service did not accept the service user.",
                fmt::format("{} signs in as {}: {} {}", credentials_.auth_url,
                            credentials_.username, response.status, message_of_answer(response)));
  const base::Json body = json_of(response);
  const base::Json* data = base::find(body, "token");
  const auto expires = data ? base::parse_time(base::text_or(*data, "expires_at")) : std::nullopt;
  const std::lock_guard lock(mutex_);
  token_ = token;
  expires_ = expires.value_or(runtime_.clock.now() + kFallbackLifetime);
  return token;
}

// At a start all threads come at once, and each sign-in costs Keystone a password hash.
std::string ServiceSession::token() {
  const base::SteadyTime deadline = runtime_.clock.steady() + kSignInTimeout;
  for (;;) {
    std::shared_ptr<platform::Event> turn;
    {
      const std::lock_guard lock(mutex_);
      if (!token_.empty() && runtime_.clock.now() + kMargin < expires_) return token_;
    }
    if (take_turn(turn)) break;
    if (!turn->wait_until(deadline))
      throw Error(ErrorKind::unavailable, "The identity service does not answer in time.",
                  credentials_.auth_url);
  }
  const base::ScopeExit next([this] { end_turn(); });
  return sign_in();
}

bool ServiceSession::take_turn(std::shared_ptr<platform::Event>& turn) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(signing_in_, true)) return true;
  turn = waiting_.emplace_back(runtime_.executor.make_event());
  return false;
}

void ServiceSession::end_turn() {
  const std::lock_guard lock(mutex_);
  signing_in_ = false;
  for (const auto& turn : std::exchange(waiting_, {})) turn->set();
}

void ServiceSession::forget(const std::string& refused) {
  const std::lock_guard lock(mutex_);
  if (token_ == refused) token_.clear();
}

Response ServiceSession::send(const std::string& url_base, Request request,
                              const std::string& request_id, base::Duration timeout) {
  platform::assert_may_wait("ServiceSession::send");
  const std::string what = fmt::format("{} {}{}", request.method, url_base, request.path);
  if (!request_id.empty()) request.headers.set("X-OpenStack-Request-ID", request_id);
  const std::string first = token();
  request.headers.set("X-Auth-Token", first);
  Response response = transport_.send(url_base, request, timeout);
  // A stream has been read by then and can not be sent twice.
  if (response.status == 401 && !request.stream) {
    forget(first);
    request.headers.set("X-Auth-Token", token());
    response = transport_.send(url_base, request, timeout);
  }
  throw_if_error(response, what);
  return response;
}

base::Json ServiceSession::call(const std::string& url_base, const std::string& method,
                                const std::string& target, const base::Json& body,
                                const std::string& request_id, base::Duration timeout) {
  Request request;
  request.method = method;
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query_text = target.substr(question + 1);
  request.headers.set("Accept", "application/json");
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = base::to_text(body);
    request.content_length = request.body.size();
  }
  Response response = send(url_base, std::move(request), request_id, timeout);
  return json_of(response);
}

}  // namespace openstack::clients
