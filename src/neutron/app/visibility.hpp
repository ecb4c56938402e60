// Which rows of others a caller may see: design section 6, "no request sees another project's data
// unless policy says so".
#pragma once

#include "neutron/store/fragments.hpp"
#include "openstack/context.hpp"

namespace neutron::app {

// Conditions for the tables of the same names; empty for an administrator.
[[nodiscard]] store::SqlFragment visible_networks(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_subnets(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_ports(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_security_groups(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_rules(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_subnetpools(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_address_scopes(const openstack::Context& context);
[[nodiscard]] store::SqlFragment visible_rbac_policies(const openstack::Context& context);

// The condition and the id.
[[nodiscard]] store::ListQuery by_id(store::SqlFragment visible, const std::string& id);

}  // namespace neutron::app
