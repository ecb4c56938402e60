#include "neutron/api/policies.hpp"

#include <array>

namespace neutron::api {
namespace {

using openstack::PolicyRule;

constexpr std::string_view kAdmin = "rule:admin_only";
constexpr std::string_view kReader = "rule:admin_or_owner";
constexpr std::string_view kWriter = "rule:rule_writer";
constexpr std::string_view kNetworkOwner = "rule:admin_or_network_owner";

// A rule "<action>_<resource>:<attribute>" guards that attribute: of "get" its being seen, of
// "create" and "update" its being sent.
constexpr std::array kPolicies{
    PolicyRule{"admin_only", "role:admin", "Administrators."},
    PolicyRule{"admin_or_owner", "role:admin or project_id:%(project_id)s",
               "Administrators, and whoever is signed in to the owning project."},
    PolicyRule{"rule_reader", "rule:admin_or_owner", "Reads within the own project."},
    PolicyRule{"rule_writer", "role:admin or (role:member and project_id:%(project_id)s)",
               "Changes within the own project."},
    PolicyRule{"admin_or_network_owner",
               "role:admin or (role:member and project_id:%(network_project_id)s)",
               "Members of the project that owns the network."},
    PolicyRule{"admin_or_sg_owner",
               "role:admin or (role:member and project_id:%(group_project_id)s)",
               "Members of the project that owns the security group."},

    PolicyRule{"create_network", kWriter, "Create a network."},
    PolicyRule{"create_network:shared", kAdmin, "Create a network shared with all projects."},
    PolicyRule{"create_network:router:external", kAdmin, "Create an external network."},
    PolicyRule{"create_network:is_default", kAdmin, "Create the default external network."},
    PolicyRule{"create_network:provider:network_type", kAdmin, "Choose the network type."},
    PolicyRule{"create_network:provider:physical_network", kAdmin, "Choose the wire."},
    PolicyRule{"create_network:provider:segmentation_id", kAdmin, "Choose the segment."},
    PolicyRule{"get_network", kReader, "Show networks."},
    PolicyRule{"get_network:provider:network_type", kAdmin, "See the network type."},
    PolicyRule{"get_network:provider:physical_network", kAdmin, "See the wire."},
    PolicyRule{"get_network:provider:segmentation_id", kAdmin, "See the segment."},
    PolicyRule{"update_network", kWriter, "Change a network."},
    PolicyRule{"update_network:shared", kAdmin, "Share a network with all projects."},
    PolicyRule{"update_network:router:external", kAdmin, "Make a network external."},
    PolicyRule{"update_network:is_default", kAdmin, "Make it the default external network."},
    PolicyRule{"update_network:provider:network_type", kAdmin, "Change the network type."},
    PolicyRule{"update_network:provider:physical_network", kAdmin, "Change the wire."},
    PolicyRule{"update_network:provider:segmentation_id", kAdmin, "Change the segment."},
    PolicyRule{"delete_network", kWriter, "Delete a network."},

    PolicyRule{"create_subnet", kNetworkOwner, "Create a subnet on a network."},
    PolicyRule{"create_subnet:service_types", kAdmin, "Say for whom a subnet is."},
    PolicyRule{"get_subnet", kReader, "Show subnets."},
    PolicyRule{"update_subnet", kNetworkOwner, "Change a subnet."},
    PolicyRule{"update_subnet:service_types", kAdmin, "Say for whom a subnet is."},
    PolicyRule{"delete_subnet", kNetworkOwner, "Delete a subnet."},

    PolicyRule{"create_port", kWriter, "Create a port."},
    PolicyRule{"create_port:mac_address", kNetworkOwner, "Choose the MAC."},
    PolicyRule{"create_port:fixed_ips:ip_address", kNetworkOwner, "Choose an address."},
    PolicyRule{"create_port:device_owner:network", kNetworkOwner,
               "Create a port of Neutron's own."},
    PolicyRule{"create_port:port_security_enabled", kNetworkOwner, "Switch filters off."},
    PolicyRule{"create_port:allowed_address_pairs", kNetworkOwner, "Allow more addresses."},
    PolicyRule{"create_port:binding:host_id", kAdmin, "Bind a port to a host."},
    PolicyRule{"create_port:binding:profile", kAdmin, "Tell the host's plugging."},
    PolicyRule{"get_port", "rule:admin_or_owner or project_id:%(network_project_id)s",
               "Show ports."},
    PolicyRule{"get_port:binding:host_id", kAdmin, "See the host."},
    PolicyRule{"get_port:binding:profile", kAdmin, "See the binding's profile."},
    PolicyRule{"get_port:binding:vif_type", kAdmin, "See how the port is wired."},
    PolicyRule{"get_port:binding:vif_details", kAdmin, "See how the port is wired."},
    PolicyRule{"update_port", kWriter, "Change a port."},
    PolicyRule{"update_port:mac_address", kAdmin, "Change the MAC."},
    PolicyRule{"update_port:fixed_ips:ip_address", kNetworkOwner, "Choose an address."},
    PolicyRule{"update_port:device_owner:network", kNetworkOwner, "Make it Neutron's own."},
    PolicyRule{"update_port:port_security_enabled", kNetworkOwner, "Switch filters off."},
    PolicyRule{"update_port:allowed_address_pairs", kNetworkOwner, "Allow more addresses."},
    PolicyRule{"update_port:binding:host_id", kAdmin, "Bind a port to a host."},
    PolicyRule{"update_port:binding:profile", kAdmin, "Tell the host's plugging."},
    PolicyRule{"delete_port",
               "rule:rule_writer or (role:member and project_id:%(network_project_id)s)",
               "Delete a port."},

    PolicyRule{"create_security_group", kWriter, "Create a security group."},
    PolicyRule{"get_security_group", kReader, "Show security groups."},
    PolicyRule{"update_security_group", kWriter, "Change a security group."},
    PolicyRule{"delete_security_group", kWriter, "Delete a security group."},
    PolicyRule{"create_security_group_rule", kWriter, "Create a rule."},
    PolicyRule{"get_security_group_rule", "rule:admin_or_owner or project_id:%(group_project_id)s",
               "Show rules."},
    PolicyRule{"delete_security_group_rule", "rule:rule_writer or rule:admin_or_sg_owner",
               "Delete a rule."},

    PolicyRule{"create_subnetpool", kWriter, "Create a subnet pool."},
    PolicyRule{"create_subnetpool:shared", kAdmin, "Create a pool for all projects."},
    PolicyRule{"create_subnetpool:is_default", kAdmin, "Create the default pool."},
    PolicyRule{"get_subnetpool", kReader, "Show subnet pools."},
    PolicyRule{"update_subnetpool", kWriter, "Change a subnet pool."},
    PolicyRule{"update_subnetpool:is_default", kAdmin, "Make it the default pool."},
    PolicyRule{"delete_subnetpool", kWriter, "Delete a subnet pool."},
    PolicyRule{"create_address_scope", kWriter, "Create an address scope."},
    PolicyRule{"create_address_scope:shared", kAdmin, "Create a scope for all projects."},
    PolicyRule{"get_address_scope", kReader, "Show address scopes."},
    PolicyRule{"update_address_scope", kWriter, "Change an address scope."},
    PolicyRule{"update_address_scope:shared", kAdmin, "Share a scope with all projects."},
    PolicyRule{"delete_address_scope", kWriter, "Delete an address scope."},

    PolicyRule{"create_rbac_policy", kWriter, "Share an object."},
    PolicyRule{"create_rbac_policy:wildcard", kAdmin, "Share an object with all projects."},
    PolicyRule{"get_rbac_policy", kReader, "Show what is shared."},
    PolicyRule{"update_rbac_policy", kWriter, "Share an object with another project."},
    PolicyRule{"update_rbac_policy:wildcard", kAdmin, "Share an object with all projects."},
    PolicyRule{"delete_rbac_policy", kWriter, "Stop sharing an object."},

    PolicyRule{"get_agent", kAdmin, "Show agents."},
    PolicyRule{"update_agent", kAdmin, "Change an agent."},
    PolicyRule{"delete_agent", kAdmin, "Forget an agent."},
    PolicyRule{"get_dhcp-networks", kAdmin, "Show the networks of a DHCP agent."},
    PolicyRule{"create_dhcp-network", kAdmin, "Give a network to a DHCP agent."},
    PolicyRule{"delete_dhcp-network", kAdmin, "Take a network from a DHCP agent."},
    PolicyRule{"get_dhcp-agents", kAdmin, "Show the DHCP agents of a network."},
    PolicyRule{"get_quota", "rule:admin_or_owner", "Show a project's quotas."},
    PolicyRule{"list_quotas", kAdmin, "Show all projects with quotas of their own."},
    PolicyRule{"update_quota", kAdmin, "Change a project's quotas."},
    PolicyRule{"delete_quota", kAdmin, "Set a project's quotas back."},
    PolicyRule{"get_network_ip_availability", kAdmin, "Show how many addresses are used."},
    PolicyRule{"get_availability_zone", kReader, "Show availability zones."},
};

}  // namespace

std::span<const openstack::PolicyRule> policies() { return kPolicies; }

}  // namespace neutron::api
