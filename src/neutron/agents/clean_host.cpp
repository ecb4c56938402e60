#include <fmt/core.h>

#include <set>

#include "neutron/agents/dhcp_namespace.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/drivers/linuxbridge/netlink.hpp"
#include "platform/owner_mark.hpp"

namespace neutron::agents {

std::vector<std::string> clean_host(const platform::Config& config) {
  const DhcpPlace place = dhcp_place(config);
  std::vector<std::string> removed;
  std::set<std::string> networks;
  for (std::string& id : list_dhcp_networks(place.directory)) networks.insert(std::move(id));
  // Beside the files, so that it works after they are gone.
  drivers::Netlink netlink;
  for (const auto& [name, link] : netlink.links()) {
    const auto mark = platform::parse_owner_mark(link.alias);
    if (!mark || mark->kind != "network" || mark->owner != place.owner) continue;
    networks.insert(mark->id);
    removed.push_back("device " + name);
  }
  // Wired to nothing, the host keeps nothing; the guests' taps are Nova's.
  drivers::LinuxBridgeOptions options;
  options.owner = place.owner;
  static_cast<void>(drivers::make_linuxbridge_provider(options)->apply({}));
  for (const std::string& id : networks) {
    remove_dhcp_namespace(id, place);
    removed.push_back(fmt::format("DHCP of network {}", id));
  }
  return removed;
}

}  // namespace neutron::agents
