// The version documents, without a token: "/" lists the versions (300), "/v3" shows the one.
#include "keystone/api/common.hpp"
#include "keystone/api/routes.hpp"

namespace keystone::api {
namespace {

JsonObject version(const Core& core, const ApiRequest& request) {
  JsonArray links;
  links.push_back(JsonObject{{"rel", "self"}, {"href", url_base(core, request) + "/"}});
  JsonArray types;
  types.push_back(JsonObject{{"base", "application/json"},
                             {"type", "application/vnd.openstack.identity-v3+json"}});
  return {{"id", "v3.14"},
          {"status", "stable"},
          {"updated", "2020-04-07T00:00:00Z"},
          {"links", std::move(links)},
          {"media-types", std::move(types)}};
}

Response list_versions(Core& core, ApiRequest& request) {
  JsonArray values;
  values.push_back(version(core, request));
  Response response = entity_response(300, "versions", {{"values", std::move(values)}});
  response.headers.set("Vary", "X-Auth-Token");
  response.headers.set("Location", url_base(core, request) + "/");
  return response;
}

Response show_version(Core& core, ApiRequest& request) {
  return entity_response(200, "version", version(core, request));
}

}  // namespace

Routes version_routes(Core& core) {
  const Bind on(core);
  return {
      {"GET", "/", openstack::kPublic, on(list_versions)},
      {"GET", "/v3", openstack::kPublic, on(show_version)},
  };
}

Routes all_routes(Core& core) {
  return join({auth_routes(core), users_routes(core), groups_routes(core), projects_routes(core),
               domains_routes(core), domain_config_routes(core), roles_routes(core),
               grants_routes(core), role_assignments_routes(core), catalog_routes(core),
               endpoint_filter_routes(core), limits_routes(core), credentials_routes(core),
               application_credentials_routes(core), trusts_routes(core), policies_routes(core),
               consumers_routes(core)});
}

}  // namespace keystone::api
