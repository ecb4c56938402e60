// https://docs.openstack.org/api-ref/network/v2/#revisions
#include "openstack/clients/port_bindings.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace openstack::clients {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonObject;
using platform::http::Request;

// Agents report ports up and down meanwhile, which counts as a change.
constexpr int kTries = 10;
constexpr const char* kServerOwner = "compute:nova";

void put(Request& request, const JsonObject& changes) {
  request.method = "PUT";
  request.headers.set("Content-Type", "application/json");
  request.body = base::to_text(JsonObject{{"port", changes}});
  request.content_length = request.body.size();
}

bool is_bound(const Json& port, const PortBinding& binding, const std::string& host) {
  return base::text_or(port, "device_id") == binding.server_id &&
         base::text_or(port, "binding:host_id") == host;
}

bool is_made_by_nova(const Json& port) {
  const Json* profile = base::find(port, "binding:profile");
  return profile && profile->is_object() && base::boolean_or(*profile, kMadeByNova, false);
}

}  // namespace

std::vector<PortBinding> PortBindings::list(const std::string& host,
                                            const std::string& request_id) {
  const Json answer =
      session_.call(url_base_, "GET",
                    fmt::format("/v2.0/ports?device_owner={}&binding:host_id={}",
                                base::percent_encode(kServerOwner), base::percent_encode(host)),
                    nullptr, request_id);
  std::vector<PortBinding> bindings;
  for (const Json& port : answer.at("ports").as_array())
    bindings.push_back(
        {base::text_or(port, "id"), base::text_or(port, "device_id"), is_made_by_nova(port)});
  return bindings;
}

void PortBindings::bind(const std::string& port_id, const std::string& server_id,
                        const std::string& host, const std::function<void()>& still_wanted,
                        const std::string& request_id) {
  change(port_id, request_id, [&](const Json& port, Request& request) {
    const std::string owner = base::text_or(port, "device_id");
    if (!owner.empty() && owner != server_id)
      throw Error(ErrorKind::bad_request, "Port " + port_id + " is still in use.");
    still_wanted();
    put(request,
        {{"device_id", server_id}, {"device_owner", kServerOwner}, {"binding:host_id", host}});
  });
}

void PortBindings::release(const PortBinding& binding, const std::string& host,
                           const std::string& request_id) {
  change(binding.port_id, request_id, [&](const Json& port, Request& request) {
    if (is_bound(port, binding, host))
      put(request, {{"device_id", ""}, {"device_owner", ""}, {"binding:host_id", ""}});
  });
}

void PortBindings::remove(const PortBinding& binding, const std::string& host,
                          const std::string& request_id) {
  change(binding.port_id, request_id, [&](const Json& port, Request& request) {
    if (is_bound(port, binding, host)) request.method = "DELETE";
  });
}

void PortBindings::change(const std::string& port_id, const std::string& request_id,
                          const std::function<void(const Json& port, Request& request)>& prepare) {
  const std::string path = "/v2.0/ports/" + base::percent_encode(port_id);
  for (int tries = 1;; ++tries) {
    const Json port = session_.call(url_base_, "GET", path, nullptr, request_id).at("port");
    Request request;
    request.method.clear();
    prepare(port, request);
    if (request.method.empty()) return;
    request.path = path;
    request.headers.set("If-Match", fmt::format("revision_number={}",
                                                base::integer_or(port, "revision_number", 0)));
    try {
      session_.send(url_base_, std::move(request), request_id);
      return;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::precondition_failed || tries == kTries) throw;
    }
  }
}

}  // namespace openstack::clients
