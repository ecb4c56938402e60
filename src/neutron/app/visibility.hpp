// Which rows of others a caller may see: design section 6, "no request sees another project's data
// unless policy says so".
#pragma once

#include "neutron/store/fragments.hpp"
#include "openstack/context.hpp"

namespace neutron::app {

// Which rows of the tables of the same names; empty, all of them, for an administrator.
[[nodiscard]] store::Alternatives visible_networks(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_subnets(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_ports(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_security_groups(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_rules(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_subnetpools(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_address_scopes(const openstack::Context& context);
[[nodiscard]] store::Alternatives visible_rbac_policies(const openstack::Context& context);

// The one of them with that id.
[[nodiscard]] store::ListQuery by_id(store::Alternatives visible, const std::string& id);

}  // namespace neutron::app
