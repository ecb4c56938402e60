#include "neutron/app/subnetpools.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {

std::vector<store::AddressScopeRow> AddressScopes::list(const openstack::Context& /*context*/,
                                                        const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::select_list<store::AddressScopeRow>(session, query);
  });
}

store::AddressScopeRow AddressScopes::get(const openstack::Context& context,
                                          const std::string& id) {
  auto found = list(context, by_id(visible_address_scopes(context), id));
  if (found.empty()) throw address_scope_not_found(id);
  return std::move(found.front());
}

std::vector<store::AddressScopeRow> AddressScopes::create(const openstack::Context& /*context*/,
                                                          const std::vector<Attributes>& requests) {
  return core_.write("create_address_scope", [&](platform::Session& session, Changes&) {
    std::vector<store::AddressScopeRow> created;
    for (const Attributes& request : requests) {
      created.push_back({core_.new_id(), text(request, "project_id"), text(request, "name"),
                         integer(request, "ip_version").value_or(4), flag(request, "shared")});
      platform::insert(session, created.back());
    }
    return created;
  });
}

store::AddressScopeRow AddressScopes::update(const openstack::Context& /*context*/,
                                             const std::string& id, const Attributes& changes,
                                             const Precondition& /*precondition*/) {
  return core_.write("update_address_scope", [&](platform::Session& session, Changes&) {
    auto scope = platform::find<store::AddressScopeRow>(session, "WHERE id=?", {id});
    if (!scope) throw address_scope_not_found(id);
    if (scope->shared && has(changes, "shared") && !flag(changes, "shared"))
      throw bad_request(
          "AddressScopeUpdateError",
          "Unable to update address scope {} : Shared address scope can't be unshared.", id);
    assign(scope->name, changes, "name");
    assign(scope->shared, changes, "shared");
    platform::update(session, *scope);
    return *scope;
  });
}

void AddressScopes::remove(const openstack::Context& /*context*/, const std::string& id,
                           const Precondition& /*precondition*/) {
  core_.write("delete_address_scope", [&](platform::Session& session, Changes&) {
    if (platform::number(session, "SELECT COUNT(*) FROM subnetpools WHERE address_scope_id=?",
                         {id}) > 0)
      throw conflict("AddressScopeInUse",
                     "Unable to complete operation on address scope {}. There are one or more "
                     "subnet pools in use on the address scope.",
                     id);
    store::delete_rbac_policies(session, id);
    if (session.change("DELETE FROM address_scopes WHERE id=?", {id}) == 0)
      throw address_scope_not_found(id);
  });
}

}  // namespace neutron::app
