#include "neutron/app/settings.hpp"

#include <array>

#include "base/text.hpp"
#include "neutron/app/errors.hpp"
#include "neutron/ip.hpp"

namespace neutron::app {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::array kOptions{
    Option{"DEFAULT", "agent_down_time", OptionType::integer, "75",
           "Seconds without a report after which an agent counts as dead.", false, 1},
    Option{"DEFAULT", "dhcp_agents_per_network", OptionType::integer, "1",
           "Number of DHCP agents that serve each network.", false, 1},
    Option{"DEFAULT", "dns_domain", OptionType::text, "openstacklocal",
           "Domain of the names that DHCP hands out."},
    Option{
        "DEFAULT", "base_mac", OptionType::text, "fa:16:3e:00:00:00",
        "The first three octets of generated MAC addresses; a fourth that is not 00 is kept too."},
    Option{"DEFAULT", "global_physnet_mtu", OptionType::integer, "1500",
           "MTU of the physical networks.", false, 68},
    Option{"DEFAULT", "max_fixed_ips_per_port", OptionType::integer, "5",
           "Most addresses that one port may have.", false, 1},
    Option{"DEFAULT", "max_dns_nameservers", OptionType::integer, "5",
           "Most DNS servers of one subnet.", false, 0},
    Option{"DEFAULT", "max_subnet_host_routes", OptionType::integer, "20",
           "Most host routes of one subnet.", false, 0},
    Option{"DEFAULT", "max_allowed_address_pair", OptionType::integer, "10",
           "Most allowed address pairs of one port.", false, 0},
    Option{"ml2", "type_drivers", OptionType::list, "local,flat,vxlan",
           "Network types that can be created."},
    Option{"ml2", "tenant_network_types", OptionType::list, "vxlan",
           "Network types tried, in order, for networks that name none."},
    Option{"ml2", "path_mtu", OptionType::integer, "0",
           "MTU of the path between hosts that tunnels use; 0: global_physnet_mtu.", false, 0},
    Option{"ml2", "physical_network_mtus", OptionType::list, "",
           "physical_network:mtu pairs where it is not global_physnet_mtu."},
    Option{"ml2_type_flat", "flat_networks", OptionType::list, "*",
           "Physical networks on which flat networks may be; * allows any name."},
    Option{"ml2_type_vxlan", "vni_ranges", OptionType::list, "1:16777215",
           "first:last ranges of VXLAN network identifiers for tenant networks."},
    Option{"quotas", "quota_network", OptionType::integer, "100", "Networks per project; -1: any.",
           false, -1},
    Option{"quotas", "quota_subnet", OptionType::integer, "100", "Subnets per project; -1: any.",
           false, -1},
    Option{"quotas", "quota_port", OptionType::integer, "500", "Ports per project; -1: any.", false,
           -1},
    Option{"quotas", "quota_security_group", OptionType::integer, "10",
           "Security groups per project; -1: any.", false, -1},
    Option{"quotas", "quota_security_group_rule", OptionType::integer, "100",
           "Security group rules per project; -1: any.", false, -1},
    Option{"quotas", "quota_subnetpool", OptionType::integer, "-1",
           "Subnet pools per project; -1: any.", false, -1},
    Option{"quotas", "quota_rbac_policy", OptionType::integer, "10",
           "RBAC policies per project; -1: any.", false, -1},
    Option{"nova", "auth_url", OptionType::text, "http://127.0.0.1:5000/v3",
           "Keystone, where neutron-server signs in to tell Nova of ports."},
    Option{"nova", "username", OptionType::text, "neutron", "User to sign in as."},
    Option{"nova", "password", OptionType::text, "", "Its password.", true},
    Option{"nova", "project_name", OptionType::text, "service", "Project to sign in to."},
    Option{"nova", "endpoint_override", OptionType::text, "http://127.0.0.1:8774",
           "Scheme, host and port of Nova's API."},
};

[[noreturn]] void refuse(std::string_view option, std::string_view value, std::string_view form) {
  throw base::Error(base::ErrorKind::bad_request,
                    fmt::format("option {}: '{}' is not {}", option, value, form));
}

std::vector<VniRange> read_vni_ranges(const platform::Config& config) {
  std::vector<VniRange> ranges;
  for (const std::string& text : config.list("ml2_type_vxlan", "vni_ranges")) {
    const auto parts = base::split(text, ':');
    const auto first = base::parse_integer(parts.front());
    const auto last = base::parse_integer(parts.back());
    if (parts.size() != 2 || !first || !last || *first < 1 || *last > 16777215 || *first > *last)
      refuse("[ml2_type_vxlan] vni_ranges", text, "first:last within 1:16777215");
    ranges.push_back({*first, *last});
  }
  return ranges;
}

}  // namespace

std::span<const platform::Option> server_options() { return kOptions; }

Settings read_settings(const platform::Config& config) {
  Settings settings;
  settings.type_drivers = {config.list("ml2", "type_drivers"),
                           config.list("ml2", "tenant_network_types"),
                           config.list("ml2_type_flat", "flat_networks"), read_vni_ranges(config)};
  settings.global_physnet_mtu = config.integer("DEFAULT", "global_physnet_mtu");
  settings.path_mtu = config.integer("ml2", "path_mtu");
  for (const std::string& text : config.list("ml2", "physical_network_mtus")) {
    const auto parts = base::split(text, ':');
    const auto mtu = base::parse_integer(parts.back());
    if (parts.size() != 2 || !mtu) refuse("[ml2] physical_network_mtus", text, "name:mtu");
    settings.physnet_mtus[std::string(parts.front())] = *mtu;
  }
  settings.agent_down_time = std::chrono::seconds{config.integer("DEFAULT", "agent_down_time")};
  settings.dhcp_agents_per_network = config.integer("DEFAULT", "dhcp_agents_per_network");
  settings.dns_domain = config.text("DEFAULT", "dns_domain");
  const auto mac = parse_mac(config.text("DEFAULT", "base_mac"));
  if (!mac) refuse("[DEFAULT] base_mac", config.text("DEFAULT", "base_mac"), "a MAC address");
  settings.base_mac = *mac;
  settings.max_fixed_ips_per_port = config.integer("DEFAULT", "max_fixed_ips_per_port");
  settings.max_dns_nameservers = config.integer("DEFAULT", "max_dns_nameservers");
  settings.max_subnet_host_routes = config.integer("DEFAULT", "max_subnet_host_routes");
  settings.max_allowed_address_pair = config.integer("DEFAULT", "max_allowed_address_pair");
  for (const Option& option : kOptions)
    if (option.group == "quotas")
      settings.quotas[std::string(option.name.substr(6))] = config.integer("quotas", option.name);
  return settings;
}

}  // namespace neutron::app
