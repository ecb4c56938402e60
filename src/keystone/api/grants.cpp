// Grants of roles to users and groups on projects, domains and the system, also inherited ones.
#include <array>

#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/assignments.hpp"

namespace keystone::api {
namespace {

using store::Assignment;

// One way of writing a grant as a path: PREFIX/roles[/{role_id}]SUFFIX.
struct GrantPath {
  std::string_view list;
  std::string_view one;
  std::string_view actor_type;
  std::string_view target_type;
  bool inherited;
};

constexpr std::array kPaths{
    GrantPath{"/projects/{target_id}/users/{actor_id}/roles",
              "/projects/{target_id}/users/{actor_id}/roles/{role_id}", store::kUserActor,
              store::kProjectTarget, false},
    GrantPath{"/projects/{target_id}/groups/{actor_id}/roles",
              "/projects/{target_id}/groups/{actor_id}/roles/{role_id}", store::kGroupActor,
              store::kProjectTarget, false},
    GrantPath{"/domains/{target_id}/users/{actor_id}/roles",
              "/domains/{target_id}/users/{actor_id}/roles/{role_id}", store::kUserActor,
              store::kDomainTarget, false},
    GrantPath{"/domains/{target_id}/groups/{actor_id}/roles",
              "/domains/{target_id}/groups/{actor_id}/roles/{role_id}", store::kGroupActor,
              store::kDomainTarget, false},
    GrantPath{"/system/users/{actor_id}/roles", "/system/users/{actor_id}/roles/{role_id}",
              store::kUserActor, store::kSystemTarget, false},
    GrantPath{"/system/groups/{actor_id}/roles", "/system/groups/{actor_id}/roles/{role_id}",
              store::kGroupActor, store::kSystemTarget, false},
    GrantPath{"/OS-INHERIT/projects/{target_id}/users/{actor_id}/roles/inherited_to_projects",
              "/OS-INHERIT/projects/{target_id}/users/{actor_id}/roles/{role_id}/"
              "inherited_to_projects",
              store::kUserActor, store::kProjectTarget, true},
    GrantPath{"/OS-INHERIT/projects/{target_id}/groups/{actor_id}/roles/inherited_to_projects",
              "/OS-INHERIT/projects/{target_id}/groups/{actor_id}/roles/{role_id}/"
              "inherited_to_projects",
              store::kGroupActor, store::kProjectTarget, true},
    GrantPath{"/OS-INHERIT/domains/{target_id}/users/{actor_id}/roles/inherited_to_projects",
              "/OS-INHERIT/domains/{target_id}/users/{actor_id}/roles/{role_id}/"
              "inherited_to_projects",
              store::kUserActor, store::kDomainTarget, true},
    GrantPath{"/OS-INHERIT/domains/{target_id}/groups/{actor_id}/roles/inherited_to_projects",
              "/OS-INHERIT/domains/{target_id}/groups/{actor_id}/roles/{role_id}/"
              "inherited_to_projects",
              store::kGroupActor, store::kDomainTarget, true},
};

enum class RoleIn { path, none };

Assignment grant_of(const ApiRequest& request, const GrantPath& path, RoleIn role) {
  Assignment grant;
  grant.actor_type = path.actor_type;
  grant.actor_id = request.parameter("actor_id");
  grant.target_type = path.target_type;
  grant.target_id = path.target_type == store::kSystemTarget ? std::string(store::kSystemTargetId)
                                                             : request.parameter("target_id");
  if (role == RoleIn::path) grant.role_id = request.parameter("role_id");
  grant.inherited = path.inherited;
  return grant;
}

// Keystone has rules of their own for grants on the system.
std::string_view rule(const GrantPath& path, std::string_view general, std::string_view for_user,
                      std::string_view for_group) {
  if (path.target_type != store::kSystemTarget) return general;
  return path.actor_type == store::kUserActor ? for_user : for_group;
}

void add_routes(Core& core, const GrantPath& path, Routes& routes) {
  routes.push_back({"GET", path.list,
                    rule(path, "identity:list_grants", "identity:list_system_grants_for_user",
                         "identity:list_system_grants_for_group"),
                    [&core, path](ApiRequest& request) {
                      return list_response(
                          core, request, "roles",
                          app::list_grants(core, grant_of(request, path, RoleIn::none)), role_view);
                    }});
  const auto check = [&core, path](ApiRequest& request) {
    app::check_grant(core, grant_of(request, path, RoleIn::path));
    return openstack::empty_response(204);
  };
  const std::string_view check_rule =
      rule(path, "identity:check_grant", "identity:check_system_grant_for_user",
           "identity:check_system_grant_for_group");
  routes.push_back({"HEAD", path.one, check_rule, check});
  routes.push_back({"GET", path.one, check_rule, check});
  routes.push_back({"PUT", path.one,
                    rule(path, "identity:create_grant", "identity:create_system_grant_for_user",
                         "identity:create_system_grant_for_group"),
                    [&core, path](ApiRequest& request) {
                      app::create_grant(core, grant_of(request, path, RoleIn::path));
                      return openstack::empty_response(204);
                    }});
  routes.push_back({"DELETE", path.one,
                    rule(path, "identity:revoke_grant", "identity:revoke_system_grant_for_user",
                         "identity:revoke_system_grant_for_group"),
                    [&core, path](ApiRequest& request) {
                      app::delete_grant(core, grant_of(request, path, RoleIn::path));
                      return openstack::empty_response(204);
                    }});
}

}  // namespace

Routes grants_routes(Core& core) {
  Routes routes;
  for (const GrantPath& path : kPaths) add_routes(core, path, routes);
  return routes;
}

}  // namespace keystone::api
