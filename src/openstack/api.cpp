#include "openstack/api.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "openstack/microversion.hpp"
#include "openstack/programming_error.hpp"
#include "openstack/request_body.hpp"
#include "openstack/request_metrics.hpp"
#include "openstack/router.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace openstack {
namespace {

using base::Error;
using base::ErrorKind;
using platform::http::Request;
using platform::http::Response;

// A GET is worth a line in the trace only if it was slow.
constexpr base::Duration kSlow = std::chrono::milliseconds(500);

// All that requests share.
struct Service {
  Service(ApiDefinition api, platform::Runtime machine, Tokens& valid_tokens)
      : definition(std::move(api)),
        runtime(std::move(machine)),
        tokens(valid_tokens),
        policy(definition.policies),
        metrics(definition) {
    for (const Route& route : definition.routes) router.add(route);
    for (const Route& route : definition.public_routes) public_router.add(route);
  }

  ApiDefinition definition;
  platform::Runtime runtime;
  Tokens& tokens;
  Policy policy;
  Router router;
  Router public_router;
  RequestMetrics metrics;
};

bool is_mutating(std::string_view method) { return method != "GET" && method != "HEAD"; }

bool has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

bool is_project_id(std::string_view segment) {
  return segment.size() == 32 && base::is_uuid_like(segment);
}

// oslo.middleware's request_id: anything else could forge log lines.
std::string global_request_id(const Request& request) {
  const std::string_view text = request.headers.value("X-OpenStack-Request-ID");
  if (!text.starts_with("req-") || !base::is_uuid(text.substr(4))) return "";
  return std::string(text);
}

std::string_view unexpected_message(ErrorStyle style) {
  switch (style) {
    case ErrorStyle::keystone:
      return "An unexpected error prevented the server from fulfilling your request.";
    case ErrorStyle::neutron:
      return "Request Failed: internal server error while processing your request.";
    case ErrorStyle::nova:
    case ErrorStyle::glance:
      break;
  }
  return "The server has either erred or is incapable of performing the requested operation.";
}

[[noreturn]] void refuse_path(ErrorStyle style) {
  throw Error(ErrorKind::not_found,
              style == ErrorStyle::keystone
                  ? "The requested URL was not found on the server. If you entered the URL "
                    "manually please check your spelling and try again."
                  : "The resource could not be found.");
}

// No id and no filter holds a NUL or is not UTF-8, and answers repeat them.
void refuse_unless_text(std::string_view decoded) {
  if (decoded.find('\0') == std::string_view::npos && base::utf8_length(decoded)) return;
  throw Error(ErrorKind::bad_request,
              "Malformed request URL: it must be UTF-8 text without NUL characters.");
}

// Where a request goes, before its version is known.
struct Destination {
  RouteMatch match;
  std::string_view url_project;  // of PREFIX/{project_id}/...
  bool outside_prefix = false;
};

Destination find_destination(const Service& service, const Request& request) {
  Destination out;
  out.match = service.public_router.find(request.method, request.path);
  out.outside_prefix = out.match.path_known();
  if (out.outside_prefix) return out;
  std::string_view path = request.path;
  const std::string& prefix = service.definition.prefix;
  if (!path.starts_with(prefix)) return out;
  path.remove_prefix(prefix.size());
  if (!path.empty() && path.front() != '/') return out;
  if (service.definition.project_in_path && path.size() > 1) {
    const std::string_view first = path.substr(1, path.find('/', 1) - 1);
    if (is_project_id(first)) {
      out.url_project = first;
      path.remove_prefix(first.size() + 1);
    }
  }
  // Glance takes what is behind a trailing slash for an id, which it then does not find; the router
  // of Nova and Cinder knows no path that ends so.
  const ErrorStyle style = service.definition.errors;
  const bool no_slash = style == ErrorStyle::glance || style == ErrorStyle::nova;
  if (!no_slash || !path.ends_with('/')) out.match = service.router.find(request.method, path);
  return out;
}

// One request on its way through the pipeline.
class Exchange {
 public:
  Exchange(Service& service, Request& request)
      : service_(service),
        definition_(service.definition),
        request_(request),
        started_(service.runtime.clock.now()),
        start_(service.runtime.clock.steady()) {
    context_.request_id = "req-" + service.runtime.random.uuid();
    context_.global_request_id = global_request_id(request);
  }

  Response answer() {
    destination_ = find_destination(service_, request_);
    const bool known = identify();
    const platform::RequestScope scope({context_.request_id, context_.identity.project_id,
                                        context_.identity.user_id, definition_.role,
                                        service_.runtime.host});
    Response response = answer_or_error(known);
    decorate(response);
    const base::Duration duration = service_.runtime.clock.steady() - start_;
    platform::log_info("method={} path={} status={} duration_ms={:.1f}", request_.method,
                       request_.path, response.status,
                       static_cast<double>(duration.count()) / 1000.0);
    service_.metrics.record(row(), response.status, duration);
    trace(response, duration);
    return response;
  }

 private:
  // That was asked for, in one of its versions; null if there is none.
  const Route* row() const {
    const auto& rows = destination_.match.rows;
    return rows.empty() ? nullptr : rows.front();
  }

  // Fills in the identity. False: no valid token.
  bool identify() {
    if (destination_.outside_prefix) return false;
    context_.token = request_.headers.value("X-Auth-Token");
    if (context_.token.empty()) return false;
    auto token = service_.tokens.validate(context_.token);
    if (!token) return false;
    context_.identity = std::move(token->identity);
    return true;
  }

  Response answer_or_error(bool known) {
    try {
      return process(known);
    } catch (const Error& error) {
      return failed(error);
    } catch (const std::exception& error) {
      return failed(Error(ErrorKind::internal, std::string(unexpected_message(definition_.errors)),
                          error.what()));
    }
  }

  Response failed(const Error& error) {
    if (base::http_status(error.kind()) >= 500)
      platform::log_error("request failed method={} path={} error={}", request_.method,
                          request_.path, error.what());
    error_message_ = error.message();
    Response response = error_response(definition_.errors, error, request_);
    if (error.kind() == ErrorKind::method_not_allowed)
      response.headers.set("Allow", allowed_methods());
    return response;
  }

  Response process(bool known) {
    if (!known && needs_token()) {
      error_message_ = "no valid token";
      return unauthorized_response(definition_.keystone_url);
    }
    refuse_unknown_path();
    refuse_foreign_project();
    if (definition_.microversions && !destination_.outside_prefix) {
      context_.version = negotiate(*definition_.microversions, request_.headers);
      version_known_ = true;
    }
    const Route& route = choose_row();
    if (route.policy != kPublic) service_.policy.enforce(context_, route.policy);
    ApiRequest api_request{context_,         request_,          read_query(),
                           read_body(route), parameters(route), service_.policy};
    return route.handler(api_request);
  }

  // Paths that are not there also need one, except in Keystone, whose router comes first.
  bool needs_token() const {
    const auto& rows = destination_.match.rows;
    if (destination_.outside_prefix) return false;
    if (rows.empty()) return definition_.errors != ErrorStyle::keystone;
    return std::any_of(rows.begin(), rows.end(),
                       [](const Route* row) { return row->policy != kPublic; });
  }

  void refuse_unknown_path() {
    const RouteMatch& match = destination_.match;
    if (!match.rows.empty()) return;
    // Nova's router (Python's Routes) knows no 405: a path with another method is not found.
    if (!match.path_known() || definition_.errors == ErrorStyle::nova)
      refuse_path(definition_.errors);
    throw Error(ErrorKind::method_not_allowed,
                definition_.errors == ErrorStyle::keystone
                    ? "The method is not allowed for the requested URL."
                    : "The server could not comply with the request since the method " +
                          request_.method + " is not allowed for this resource.");
  }

  void refuse_foreign_project() {
    if (destination_.url_project.empty() || destination_.url_project == context_.project_id())
      return;
    throw Error(ErrorKind::bad_request,
                fmt::format("Malformed request URL: URL's project_id '{}' doesn't match Context's "
                            "project_id '{}'",
                            destination_.url_project, context_.project_id()));
  }

  const Route& choose_row() {
    for (const Route* row : destination_.match.rows)
      if (!version_known_ || (context_.version >= row->from && context_.version <= row->until))
        return *row;
    throw Error(ErrorKind::not_found,
                fmt::format("API version '{}' is not supported on this method.",
                            to_text(context_.version)));
  }

  base::Json read_body(const Route& route) {
    if (route.streams || !has_body(request_.method)) return nullptr;
    base::Json body = read_json_body(definition_.errors, request_);
    if (!route.body) return body;
    if (base::trim(request_.body).empty()) refuse_body(definition_.errors);
    route.body->validate(body);
    return body;
  }

  std::vector<std::pair<std::string_view, std::string>> parameters(const Route& route) const {
    std::vector<std::pair<std::string_view, std::string>> out;
    const std::vector<std::string_view>& values = destination_.match.values;
    size_t i = 0;
    for (const std::string_view name : parameter_names(route.path)) {
      out.emplace_back(name, base::percent_decode(values[i++]));
      refuse_unless_text(out.back().second);
    }
    return out;
  }

  platform::http::Query read_query() const {
    platform::http::Query query = request_.query();
    for (const auto& [name, value] : query.items) {
      refuse_unless_text(name);
      refuse_unless_text(value);
    }
    return query;
  }

  std::string allowed_methods() const {
    std::vector<std::string> methods(destination_.match.allowed.begin(),
                                     destination_.match.allowed.end());
    const bool get = std::find(methods.begin(), methods.end(), "GET") != methods.end();
    const bool head = std::find(methods.begin(), methods.end(), "HEAD") != methods.end();
    if (get && !head) methods.emplace_back("HEAD");
    std::sort(methods.begin(), methods.end());
    return base::join(methods, ", ");
  }

  void decorate(Response& response) {
    response.headers.set("x-openstack-request-id", context_.request_id);
    if (definition_.errors == ErrorStyle::nova)
      response.headers.set("x-compute-request-id", context_.request_id);
    if (version_known_) announce(*definition_.microversions, context_.version, response.headers);
    if (request_.method != "HEAD") return;
    response.body.clear();
    response.stream = nullptr;
  }

  // A request that another service sent belongs to that service's request too: a second hop under
  // its id says which of ours to look at.
  void trace(const Response& response, base::Duration duration) {
    if (!is_mutating(request_.method) && duration < kSlow) return;
    platform::Hop hop;
    hop.request_id = context_.request_id;
    hop.role = definition_.role;
    hop.host = service_.runtime.host;
    hop.kind = "http";
    hop.name = request_.method + " " + request_.path;
    hop.started = started_;
    hop.duration = duration;
    hop.outcome = std::to_string(response.status);
    if (!error_message_.empty()) hop.outcome += " " + error_message_;
    if (!context_.global_request_id.empty()) {
      platform::Hop outer = hop;
      outer.request_id = context_.global_request_id;
      outer.name += " (" + context_.request_id + ")";
      service_.runtime.tracer.record(std::move(outer));
    }
    service_.runtime.tracer.record(std::move(hop));
  }

  Service& service_;
  const ApiDefinition& definition_;
  Request& request_;
  base::TimePoint started_;
  base::SteadyTime start_;
  Context context_;
  Destination destination_;
  bool version_known_ = false;
  std::string error_message_;
};

void check_policies(const Service& service) {
  for (const Route& route : service.definition.routes) {
    const auto& rules = service.definition.policies;
    const bool known = std::any_of(rules.begin(), rules.end(), [&route](const PolicyRule& rule) {
      return rule.name == route.policy;
    });
    if (!known && route.policy != kPublic)
      refuse_table(fmt::format("route {} {} with the unknown policy {}", route.method, route.path,
                               route.policy));
  }
}

}  // namespace

struct Api::State : Service {
  using Service::Service;
};

Api::Api(ApiDefinition definition, platform::Runtime runtime, Tokens& tokens) {
  try {
    state_ = std::make_unique<State>(std::move(definition), std::move(runtime), tokens);
  } catch (const Error& error) {
    refuse_table(error.what());
  }
  check_policies(*state_);
}

Api::~Api() = default;

Response Api::handle(Request& request) { return Exchange(*state_, request).answer(); }

bool Api::streams(const Request& request) const {
  const Destination destination = find_destination(*state_, request);
  const auto& rows = destination.match.rows;
  return std::any_of(rows.begin(), rows.end(), [](const Route* row) { return row->streams; });
}

const ApiDefinition& Api::definition() const { return state_->definition; }

const std::string& ApiRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : path_parameters)
    if (key == name) return value;
  refuse_table(fmt::format("handler asks for the unknown path parameter {}", name));
}

Response json_response(int status, std::string json_text) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(json_text);
  return response;
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace openstack
