// A service's REST API: a table of routes and the one pipeline that every request goes through:
// request id -> token -> microversion -> route -> policy -> schema -> handler -> error body.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "openstack/context.hpp"
#include "openstack/error_body.hpp"
#include "openstack/policy.hpp"
#include "openstack/schema.hpp"
#include "openstack/token.hpp"
#include "platform/http/message.hpp"
#include "platform/runtime.hpp"

namespace openstack {

// A request that has passed the pipeline.
struct ApiRequest {
  Context context;
  platform::http::Request& http;
  platform::http::Query query;
  base::Json body;  // parsed JSON; null if there was none or the route streams
  std::vector<std::pair<std::string_view, std::string>> path_parameters;
  const Policy& policy;

  // The decoded path parameter; the route has it, else the program aborts.
  [[nodiscard]] const std::string& parameter(std::string_view name) const;
  // Enforces a rule on a resource: throws Error(forbidden).
  void authorize(std::string_view rule, const PolicyTarget& target) const {
    policy.enforce(context, rule, target);
  }
};

using ApiHandler = std::function<platform::http::Response(ApiRequest&)>;

// Route::policy of a route that needs no token (version documents, POST /auth/tokens).
inline constexpr std::string_view kPublic = "@public";

struct Route {
  std::string_view method;
  std::string_view path;    // below the prefix: "/servers/{server_id}/action"
  std::string_view policy;  // a rule's name, enforced with the caller's own project and user as
                            // target; a handler that acts on a resource of others authorizes again
  ApiHandler handler;
  const Schema* body = nullptr;     // JSON body must be there and fit
  Microversion from = {0, 0};       // inclusive
  Microversion until = {999, 999};  // inclusive
  bool streams = false;             // the body is not read: handler pulls http.stream
};
// Rows with the same method and path must have disjoint version ranges.
using Routes = std::vector<Route>;

struct MicroversionSupport {
  Microversion min;
  Microversion max;
  std::string_view service_type;   // "compute": OpenStack-API-Version: compute 2.79
  std::string_view legacy_header;  // "X-OpenStack-Nova-API-Version"; may be empty
};

struct ApiDefinition {
  std::string role;  // "nova-api": for logs, traces and metrics
  ErrorStyle errors = ErrorStyle::nova;
  std::string prefix;  // "/v2.1", "/v3", "/v2", "/v2.0"; a trailing project id is not part of it
  bool project_in_path =
      false;  // also serve PREFIX/{32 hex project id}/..., as old catalogs have it
  Routes routes;
  Routes public_routes;  // absolute paths outside the prefix, without token: "/", "/v2.1", ...
  std::optional<MicroversionSupport> microversions;
  std::span<const PolicyRule> policies;
  std::string keystone_url;  // for WWW-Authenticate
};

class Api {
 public:
  // Aborts on a table with an unknown policy or overlapping rows.
  Api(ApiDefinition definition, platform::Runtime runtime, Tokens& tokens);
  ~Api();
  // Thread-safe, never throws. Every answer carries x-openstack-request-id (Nova also
  // x-compute-request-id), the microversion headers and, for 405, Allow.
  platform::http::Response handle(platform::http::Request& request);
  // Whether the request's route streams: for http::Listener.
  [[nodiscard]] bool streams(const platform::http::Request& request) const;
  [[nodiscard]] const ApiDefinition& definition() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A JSON answer.
[[nodiscard]] platform::http::Response json_response(int status, std::string json_text);
[[nodiscard]] platform::http::Response empty_response(int status);

}  // namespace openstack
