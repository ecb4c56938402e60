#include "neutron/app/visibility.hpp"

#include "neutron/store/rbac_policies.hpp"

namespace neutron::app {
namespace {

using store::SqlFragment;

// "(project_id=? OR <other>)" where each `?` of `other` is the project, or "*" at last.
SqlFragment own_or(const openstack::Context& context, const std::string& other,
                   platform::SqlValues values) {
  if (context.is_admin()) return {};
  values.insert(values.begin(), context.project_id());
  SqlFragment where;
  store::add_condition(where, "(project_id=? OR " + other + ")", std::move(values));
  return where;
}

SqlFragment own_or_granted(const openstack::Context& context, const std::string& column,
                           const std::string& granted_ids) {
  return own_or(context, column + " IN (" + granted_ids + ")",
                {context.project_id(), store::kAnyProject});
}

}  // namespace

SqlFragment visible_networks(const openstack::Context& context) {
  return own_or_granted(context, "id", store::granted_ids("network"));
}

SqlFragment visible_subnets(const openstack::Context& context) {
  return own_or_granted(context, "network_id",
                        store::granted_ids("network", store::kAccessAsShared));
}

SqlFragment visible_ports(const openstack::Context& context) {
  return own_or(context, "network_id IN (SELECT id FROM networks WHERE project_id=?)",
                {context.project_id()});
}

SqlFragment visible_security_groups(const openstack::Context& context) {
  return own_or_granted(context, "id", store::granted_ids("security_group"));
}

SqlFragment visible_rules(const openstack::Context& context) {
  return own_or(context, "security_group_id IN (SELECT id FROM security_groups WHERE project_id=?)",
                {context.project_id()});
}

SqlFragment visible_subnetpools(const openstack::Context& context) {
  return own_or(context, "shared=1 OR id IN (" + store::granted_ids("subnetpool") + ")",
                {context.project_id(), store::kAnyProject});
}

SqlFragment visible_address_scopes(const openstack::Context& context) {
  return own_or(context, "shared=1 OR id IN (" + store::granted_ids("address_scope") + ")",
                {context.project_id(), store::kAnyProject});
}

// Not to whom it is granted: they see the object itself.
SqlFragment visible_rbac_policies(const openstack::Context& context) {
  SqlFragment where;
  if (!context.is_admin()) store::add_condition(where, "project_id=?", {context.project_id()});
  return where;
}

store::ListQuery by_id(SqlFragment visible, const std::string& id) {
  store::add_condition(visible, "id=?", {id});
  return {std::move(visible), {}};
}

}  // namespace neutron::app
