#include "neutron/app/visibility.hpp"

#include <algorithm>

#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {
namespace {

using store::Alternatives;

// The project's own, and those of others that meet one of `conditions`, which exclude each other.
// A `?` of these is the project; a second one is "*".
Alternatives own_or(const openstack::Context& context, const std::vector<std::string>& conditions) {
  if (context.is_admin()) return {};
  const std::string& project = context.project_id();
  Alternatives alternatives(1);
  store::add_condition(alternatives.front(), "project_id=?", {project});
  for (const std::string& condition : conditions) {
    platform::SqlValues values{project};
    for (auto mark = std::count(condition.begin(), condition.end(), '?'); mark > 0; --mark)
      values.emplace_back(values.size() == 1 ? project : std::string(store::kAnyProject));
    store::add_condition(alternatives.emplace_back(), "project_id<>? AND " + condition,
                         std::move(values));
  }
  return alternatives;
}

Alternatives own_or_granted(const openstack::Context& context, const std::string& column,
                            const std::string& granted_ids) {
  return own_or(context, {column + " IN (" + granted_ids + ")"});
}

Alternatives own_or_shared(const openstack::Context& context, const std::string& granted_ids) {
  return own_or(context, {"shared=1", "shared=0 AND id IN (" + granted_ids + ")"});
}

}  // namespace

Alternatives visible_networks(const openstack::Context& context) {
  return own_or_granted(context, "id", store::granted_ids("network"));
}

Alternatives visible_subnets(const openstack::Context& context) {
  return own_or_granted(context, "network_id",
                        store::granted_ids("network", store::kAccessAsShared));
}

Alternatives visible_ports(const openstack::Context& context) {
  return own_or(context, {"network_id IN (SELECT id FROM networks WHERE project_id=?)"});
}

Alternatives visible_security_groups(const openstack::Context& context) {
  return own_or_granted(context, "id", store::granted_ids("security_group"));
}

Alternatives visible_rules(const openstack::Context& context) {
  return own_or(context,
                {"security_group_id IN (SELECT id FROM security_groups WHERE project_id=?)"});
}

Alternatives visible_subnetpools(const openstack::Context& context) {
  return own_or_shared(context, store::granted_ids("subnetpool"));
}

Alternatives visible_address_scopes(const openstack::Context& context) {
  return own_or_shared(context, store::granted_ids("address_scope"));
}

// Not to whom it is granted: they see the object itself.
Alternatives visible_rbac_policies(const openstack::Context& context) {
  return own_or(context, {});
}

store::ListQuery by_id(Alternatives visible, const std::string& id) {
  return {{" AND id=?", {id}}, {}, std::move(visible)};
}

}  // namespace neutron::app
