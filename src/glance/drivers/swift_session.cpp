#include "glance/drivers/swift_session.hpp"

#include <fmt/core.h>

#include "base/json.hpp"
#include "glance/drivers/object_requests.hpp"
#include "openstack/clients/service_session.hpp"

namespace glance::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using platform::http::Request;
using platform::http::Response;

[[noreturn]] void fail_to_sign_in(const std::string& detail) {
  throw Error(ErrorKind::unavailable, "The image storage does not let this service in.", detail);
}

std::pair<std::string, std::string> project_and_user(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) fail_to_sign_in("swift_store_user must be PROJECT:USER");
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string keystone_body(const SwiftOptions& options) {
  const auto [project_name, user_name] = project_and_user(options.user);
  const JsonObject domain{{"id", options.domain_id}};
  const JsonObject user{{"name", user_name}, {"domain", domain}, {"password", options.key}};
  const JsonObject identity{{"methods", JsonArray{"password"}},
                            {"password", JsonObject{{"user", user}}}};
  const JsonObject project{{"name", project_name}, {"domain", domain}};
  const JsonObject auth{{"identity", identity}, {"scope", JsonObject{{"project", project}}}};
  return base::to_text(JsonObject{{"auth", auth}});
}

// Members of an array that may not be there.
const JsonArray& items(const Json& object, std::string_view name) {
  static const JsonArray none;
  const Json* member = base::find(object, name);
  return member && member->is_array() ? member->get_array() : none;
}

}  // namespace

Response SwiftSession::send(const SwiftRequest& request) {
  return send_patiently(environment_.runtime, [&] { return send_signed_in(request); });
}

Response SwiftSession::send_signed_in(const SwiftRequest& request) {
  const auto first = account();
  Response response = send_once(request, *first);
  if (response.status != 401) return response;
  forget(first);
  return send_once(request, *account());
}

Response SwiftSession::send_once(const SwiftRequest& what, const Account& account) {
  Request request;
  request.method = what.method;
  request.path = account.path + what.path;
  request.query_text = platform::http::to_text(what.query);
  request.headers = what.headers;
  request.headers.set("X-Auth-Token", account.token);
  request.body = what.body;
  return environment_.transport.send(account.url_base, std::move(request), kObjectTimeout);
}

std::shared_ptr<const SwiftSession::Account> SwiftSession::account() {
  {
    const std::lock_guard lock(mutex_);
    if (account_) return account_;
  }
  // Several that find none sign in each for itself: that is rare, and does no harm.
  auto fresh = std::make_shared<const Account>(sign_in());
  const std::lock_guard lock(mutex_);
  account_ = fresh;
  return fresh;
}

void SwiftSession::forget(const std::shared_ptr<const Account>& refused) {
  const std::lock_guard lock(mutex_);
  if (account_ == refused) account_.reset();
}

SwiftSession::Account SwiftSession::sign_in() const {
  return options_.auth_version == 1 ? sign_in_to_tempauth() : sign_in_to_keystone();
}

SwiftSession::Account SwiftSession::sign_in_to_tempauth() const {
  const auto [url_base, path] = openstack::clients::split_url(options_.auth_address);
  Request request;
  request.path = path;
  request.headers.set("X-Auth-User", options_.user);
  request.headers.set("X-Auth-Key", options_.key);
  const Response response =
      environment_.transport.send(url_base, std::move(request), kObjectTimeout);
  const std::string url(response.headers.value("X-Storage-Url"));
  if (response.status >= 300 || url.empty())
    fail_to_sign_in(fmt::format("{}: status {}", options_.auth_address, response.status));
  const auto [storage_base, storage_path] = openstack::clients::split_url(url);
  return {storage_base, storage_path, std::string(response.headers.value("X-Auth-Token"))};
}

SwiftSession::Account SwiftSession::sign_in_to_keystone() const {
  const auto [url_base, path] = openstack::clients::split_url(options_.auth_address);
  Request request;
  request.method = "POST";
  request.path = path + "/auth/tokens";
  request.headers.set("Content-Type", "application/json");
  request.body = keystone_body(options_);
  const Response response =
      environment_.transport.send(url_base, std::move(request), kObjectTimeout);
  if (response.status != 201)
    fail_to_sign_in(fmt::format("{}: status {}", options_.auth_address, response.status));
  const auto [storage_base, storage_path] =
      openstack::clients::split_url(storage_url(base::parse_json(response.body)));
  return {storage_base, storage_path, std::string(response.headers.value("X-Subject-Token"))};
}

std::string SwiftSession::storage_url(const Json& answer) const {
  const Json* token = base::find(answer, "token");
  for (const Json& service : token ? items(*token, "catalog") : JsonArray()) {
    if (base::text_or(service, "type") != "object-store") continue;
    for (const Json& endpoint : items(service, "endpoints")) {
      const bool in_region =
          options_.region.empty() || base::text_or(endpoint, "region") == options_.region;
      if (in_region && base::text_or(endpoint, "interface") == options_.interface)
        return base::text_or(endpoint, "url");
    }
  }
  fail_to_sign_in(
      fmt::format("the catalog has no {} endpoint of type object-store in region \"{}\"",
                  options_.interface, options_.region));
}

}  // namespace glance::drivers
