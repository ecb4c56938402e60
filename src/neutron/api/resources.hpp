// The plugin, and every resource's routes on it.
#pragma once

#include <array>

#include "neutron/api/collection.hpp"
#include "neutron/app/agents.hpp"
#include "neutron/app/dhcp.hpp"
#include "neutron/app/networks.hpp"
#include "neutron/app/ports.hpp"
#include "neutron/app/quotas.hpp"
#include "neutron/app/rbac_policies.hpp"
#include "neutron/app/security_groups.hpp"
#include "neutron/app/subnetpools.hpp"
#include "neutron/app/subnets.hpp"

namespace neutron::api {

// The core plugin with all its parts.
struct Plugin {
  explicit Plugin(app::Core& the_core) : core(the_core) {}
  app::Core& core;
  app::Networks networks{core};
  app::Subnets subnets{core};
  app::Ports ports{core};
  app::SecurityGroups security_groups{core};
  app::SecurityGroupRules security_group_rules{core};
  app::SubnetPools subnetpools{core};
  app::AddressScopes address_scopes{core};
  app::RbacPolicies rbac_policies{core};
  app::Agents agents{core};
  app::Dhcp dhcp{core};
  app::Quotas quotas{core};
};

// `plugin` outlives the routes.
void add_networks(openstack::Routes& routes, Plugin& plugin);
void add_subnets(openstack::Routes& routes, Plugin& plugin);
void add_ports(openstack::Routes& routes, Plugin& plugin);
void add_security_groups(openstack::Routes& routes, Plugin& plugin);
void add_security_group_rules(openstack::Routes& routes, Plugin& plugin);
void add_subnetpools(openstack::Routes& routes, Plugin& plugin);
void add_address_scopes(openstack::Routes& routes, Plugin& plugin);
void add_rbac_policies(openstack::Routes& routes, Plugin& plugin);
void add_agents(openstack::Routes& routes, Plugin& plugin);
void add_dhcp_scheduling(openstack::Routes& routes, Plugin& plugin);
void add_quotas(openstack::Routes& routes, Plugin& plugin);
void add_tags(openstack::Routes& routes, Plugin& plugin);
void add_extensions(openstack::Routes& routes);
void add_availability(openstack::Routes& routes, Plugin& plugin);
// "/" and "/v2.0/": what is served.
void add_versions(openstack::Routes& public_routes);

// The whole API.
[[nodiscard]] openstack::ApiDefinition make_definition(Plugin& plugin,
                                                       const std::string& keystone_url);

}  // namespace neutron::api
