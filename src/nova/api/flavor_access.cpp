// /flavors/{id}/os-flavor-access and the actions that change it.
// https://docs.openstack.org/api-ref/compute/#flavors-access-flavors-os-flavor-access
#include <fmt/format.h>

#include "nova/api/flavor_view.hpp"
#include "nova/api/routes.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

Response answer_access(const std::string& flavor_id, const std::vector<std::string>& projects) {
  base::JsonWriter json;
  json.begin_object();
  json.key("flavor_access");
  json.begin_array();
  for (const std::string& project : projects) {
    json.begin_object();
    json.field("flavor_id", flavor_id);
    json.field("tenant_id", project);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return answer(json);
}

Response list_flavor_access(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("flavor_id");
  return answer_access(id, app.database.read([&](platform::Session& session) {
    if (get_flavor(session, request).is_public)
      not_found("Access list not available for public flavors.");
    return store::list_flavor_access(session, id);
  }));
}

std::vector<std::string> add(platform::Session& session, const store::FlavorRow& flavor,
                             const std::string& project) {
  if (flavor.is_public) conflict("Can not add access to a public flavor.");
  if (store::has_flavor_access(session, flavor.flavor_id, project))
    conflict(fmt::format("Flavor access already exists for flavor {} and project {} combination.",
                         flavor.flavor_id, project));
  store::add_flavor_access(session, flavor.flavor_id, project);
  return store::list_flavor_access(session, flavor.flavor_id);
}

std::vector<std::string> remove_flavor_access(platform::Session& session,
                                              const store::FlavorRow& flavor,
                                              const std::string& project) {
  if (store::remove_flavor_access(session, flavor.flavor_id, project) == 0)
    not_found(
        fmt::format("Flavor access not found for {} / {} combination.", flavor.flavor_id, project));
  return store::list_flavor_access(session, flavor.flavor_id);
}

Response run_flavor_access(app::App& app, ApiRequest& request) {
  const base::Json* added = base::find(request.body, "addTenantAccess");
  request.authorize(added ? "os_compute_api:os-flavor-access:add_tenant_access"
                          : "os_compute_api:os-flavor-access:remove_tenant_access",
                    {});
  const base::Json& argument = added ? *added : inner(request, "removeTenantAccess");
  const std::string project = base::text_or(argument, "tenant");
  return answer_access(request.parameter("flavor_id"),
                       app.database.write("flavor.access", [&](platform::Session& session) {
                         const auto flavor = get_flavor(session, request);
                         return added ? add(session, flavor, project)
                                      : remove_flavor_access(session, flavor, project);
                       }));
}

}  // namespace

openstack::Routes flavor_access_routes(app::App& app) {
  static const openstack::Schema schema(
      R"({"type":"object","properties":{)"
      R"("addTenantAccess":{"type":"object","properties":{"tenant":{"type":"string","minLength":1,)"
      R"("maxLength":255}},"required":["tenant"],"additionalProperties":false},)"
      R"("removeTenantAccess":{"type":"object","properties":{"tenant":{"type":"string",)"
      R"("minLength":1,"maxLength":255}},"required":["tenant"],"additionalProperties":false}},)"
      R"("minProperties":1,"maxProperties":1,"additionalProperties":false})");
  return {
      {"GET", "/flavors/{flavor_id}/os-flavor-access", "os_compute_api:os-flavor-access",
       bind(app, list_flavor_access)},
      {"POST", "/flavors/{flavor_id}/action", "os_compute_api:os-flavor-access",
       bind(app, run_flavor_access), &schema},
  };
}

}  // namespace nova::api
