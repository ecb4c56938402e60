#include "neutron/app/rbac_policies.hpp"

#include <array>

#include "neutron/app/quotas.hpp"
#include "neutron/app/visibility.hpp"

namespace neutron::app {
namespace {

struct SharedType {
  std::string_view object_type;
  std::string_view table;
};
constexpr std::array kSharedTypes{
    SharedType{"network", "networks"},
    SharedType{"security_group", "security_groups"},
    SharedType{"subnetpool", "subnetpools"},
    SharedType{"address_scope", "address_scopes"},
};

// Who owns the object; nullopt if it is not there.
std::optional<std::string> owner_of(platform::Session& session, const std::string& object_type,
                                    const std::string& object_id) {
  std::optional<std::string> owner;
  for (const SharedType& type : kSharedTypes)
    if (type.object_type == object_type)
      session.query("SELECT project_id FROM " + std::string(type.table) + " WHERE id=?",
                    {object_id},
                    [&](const platform::SqlRow& row) { owner = std::string(row.text(0)); });
  return owner;
}

void check_type(const std::string& object_type, const std::string& action) {
  bool known = false;
  std::string types;
  for (const SharedType& type : kSharedTypes) {
    known = known || type.object_type == object_type;
    types.append(types.empty() ? "" : ", ").append(type.object_type);
  }
  if (!known)
    throw bad_request("InvalidRbacObjectType",
                      "Invalid input for object_type. Reason: '{}' is not in [{}].", object_type,
                      types);
  if (action == store::kAccessAsShared) return;
  if (object_type == "network" && action == store::kAccessAsExternal) return;
  throw invalid_input(
      fmt::format("Invalid action '{}' for object type '{}'.", action, object_type));
}

// The target still has something on the shared network.
void check_unused(platform::Session& session, const store::RbacPolicyRow& policy) {
  if (policy.object_type != "network" || policy.action != store::kAccessAsShared) return;
  const bool all = policy.target_project == store::kAnyProject;
  const int64_t used =
      all ? platform::number(session,
                             "SELECT COUNT(*) FROM ports p JOIN networks n ON n.id=p.network_id"
                             " WHERE n.id=? AND p.project_id<>n.project_id AND p.device_owner NOT"
                             " LIKE 'network:%'",
                             {policy.object_id})
          : platform::number(session,
                             "SELECT COUNT(*) FROM ports WHERE network_id=? AND project_id=?",
                             {policy.object_id, policy.target_project});
  if (used > 0)
    throw conflict(
        "RbacPolicyInUse",
        "RBAC policy on object {} cannot be removed because other objects depend on it.\n"
        "Details: Callback failed with \"Unable to reconfigure sharing settings for "
        "network {}. Multiple tenants are using it.\"",
        policy.object_id, policy.object_id);
}

}  // namespace

std::vector<store::RbacPolicyRow> RbacPolicies::list(const openstack::Context& /*context*/,
                                                     const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::select_list<store::RbacPolicyRow>(session, query);
  });
}

store::RbacPolicyRow RbacPolicies::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_rbac_policies(context), id));
  if (found.empty()) throw rbac_policy_not_found(id);
  return std::move(found.front());
}

std::vector<store::RbacPolicyRow> RbacPolicies::create(const openstack::Context& context,
                                                       const std::vector<Attributes>& requests) {
  return core_.write("create_rbac_policy", [&](platform::Session& session, Changes&) {
    std::vector<store::RbacPolicyRow> created;
    for (const Attributes& request : requests) {
      store::RbacPolicyRow policy{core_.new_id(),
                                  text(request, "project_id"),
                                  text(request, "object_type"),
                                  text(request, "object_id"),
                                  text(request, "action"),
                                  text(request, "target_tenant")};
      check_type(policy.object_type, policy.action);
      const auto owner = owner_of(session, policy.object_type, policy.object_id);
      if (!owner || (!context.is_admin() && *owner != context.project_id()))
        throw error(base::ErrorKind::not_found, "RbacObjectNotFound", "{} {} could not be found.",
                    policy.object_type, policy.object_id);
      check_quota(core_, session, policy.project_id, "rbac_policy");
      if (platform::number(session,
                           "SELECT COUNT(*) FROM rbac_policies WHERE object_id=? AND action=? AND"
                           " target_project=?",
                           {policy.object_id, policy.action, policy.target_project}) > 0)
        throw conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.");
      platform::insert(session, policy);
      created.push_back(policy);
    }
    return created;
  });
}

store::RbacPolicyRow RbacPolicies::update(const openstack::Context& /*context*/,
                                          const std::string& id, const Attributes& changes,
                                          const Precondition& /*precondition*/) {
  return core_.write("update_rbac_policy", [&](platform::Session& session, Changes&) {
    auto policy = store::find_rbac_policy(session, id);
    if (!policy) throw rbac_policy_not_found(id);
    if (has(changes, "target_tenant") && text(changes, "target_tenant") != policy->target_project)
      check_unused(session, *policy);
    assign(policy->target_project, changes, "target_tenant");
    platform::update(session, *policy);
    return *policy;
  });
}

void RbacPolicies::remove(const openstack::Context& /*context*/, const std::string& id,
                          const Precondition& /*precondition*/) {
  core_.write("delete_rbac_policy", [&](platform::Session& session, Changes&) {
    const auto policy = store::find_rbac_policy(session, id);
    if (!policy) throw rbac_policy_not_found(id);
    check_unused(session, *policy);
    session.execute("DELETE FROM rbac_policies WHERE id=?", {id});
  });
}

}  // namespace neutron::app
