#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "neutron/agents/dhcp_namespace.hpp"
#include "neutron/agents/linuxbridge_options.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/drivers/linuxbridge/netlink.hpp"
#include "platform/owner_mark.hpp"

namespace neutron::agents {
namespace {

using platform::Difference;
using Links = std::map<std::string, drivers::Link>;

constexpr const char* kL2Role = "neutron-linuxbridge-agent";
constexpr const char* kDhcpRole = "neutron-dhcp-agent";
constexpr const char* kStartIt = "start that agent on this host";

const drivers::Link* find_link(const Links& links, const std::string& name) {
  const auto found = links.find(name);
  return found == links.end() ? nullptr : &found->second;
}

bool is_wired(const Links& links, const HostNetwork& network, const drivers::Link& tap) {
  const drivers::Link* bridge = find_link(links, bridge_name(network.id));
  return bridge && tap.master == bridge->index;
}

// Of a port whose tap is there: until then there is nothing to wire.
void add_unwired(const Links& links, const HostNetwork& network, std::vector<Difference>& found) {
  if (!network.admin_state_up) return;
  for (const HostPort& port : network.ports) {
    const drivers::Link* tap = find_link(links, tap_name(port.id));
    if (!port.admin_state_up || !tap || is_wired(links, network, *tap)) continue;
    found.push_back({"port " + port.id,
                     fmt::format("{} is not in the bridge of network {}", tap->name, network.id),
                     kL2Role, kStartIt});
  }
}

void add_stray_devices(const Links& links, const std::set<std::string>& networks,
                       const std::string& owner, std::vector<Difference>& found) {
  for (const auto& [name, link] : links) {
    const auto mark = platform::parse_owner_mark(link.alias);
    const bool is_l2 = link.kind == "bridge" || link.kind == "vxlan";
    if (!is_l2 || !mark || mark->kind != "network" || mark->owner != owner ||
        networks.contains(mark->id))
      continue;
    found.push_back({"device " + name,
                     fmt::format("is of network {}, which has no port on this host", mark->id),
                     kL2Role, kStartIt});
  }
}

const HostPort* find_dhcp_port(const HostNetwork& network) {
  const auto port = std::find_if(
      network.ports.begin(), network.ports.end(),
      [](const HostPort& candidate) { return candidate.device_owner == "network:dhcp"; });
  return port == network.ports.end() ? nullptr : &*port;
}

void compare_dhcp(const DhcpPlace& place, const HostNetworks& networks,
                  std::vector<Difference>& found) {
  std::set<std::string> served;
  for (std::string& id : list_dhcp_networks(place.directory)) served.insert(std::move(id));
  for (const HostNetwork& network : networks.networks) {
    const HostPort* port = find_dhcp_port(network);
    if (port && served.erase(network.id) == 0 && port->admin_state_up && network.admin_state_up)
      found.push_back({"network " + network.id, "has its DHCP port here, and no DHCP server",
                       kDhcpRole, kStartIt});
  }
  for (const std::string& id : served)
    found.push_back({"network " + id, "has a DHCP server here, and no port of it", kDhcpRole,
                     kStartIt, [id, place] {
                       remove_dhcp_namespace(id, place);
                       return "removed the DHCP server of network " + id;
                     }});
}

}  // namespace

std::vector<Difference> compare_host(const platform::Config& config, const HostNetworks& networks) {
  std::vector<Difference> found;
  const Links links = drivers::Netlink().links();
  std::set<std::string> ids;
  for (const HostNetwork& network : networks.networks) {
    ids.insert(network.id);
    add_unwired(links, network, found);
  }
  add_stray_devices(links, ids, dhcp_place(config).owner, found);
  // One look of the agent closes all of these.
  for (Difference& difference : found)
    difference.mend = [options = linuxbridge_options(config), networks = networks.networks] {
      static_cast<void>(drivers::make_linuxbridge_provider(options)->apply(networks));
      return std::string("wired this host anew");
    };
  compare_dhcp(dhcp_place(config), networks, found);
  return found;
}

}  // namespace neutron::agents
