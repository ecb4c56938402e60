// A network's own namespace on a host, with the DHCP port's device and its dnsmasq.
#pragma once

#include <string>
#include <vector>

#include "neutron/messages.hpp"
#include "platform/config.hpp"

namespace neutron::agents {

// Where the DHCP agent keeps its networks, and what it tells clients. Everything of one network
// lies in `directory`/<network id>: hosts, options, leases, the pid of dnsmasq. That is also what
// makes a namespace this agent's.
struct DhcpPlace {
  std::string directory;
  std::string owner;  // platform::owner_of_directory: the mark of devices
  int64_t lease_seconds = 86400;
};
[[nodiscard]] DhcpPlace dhcp_place(const platform::Config& config);

// The namespace, the device in it with the port's addresses, and a dnsmasq that serves the
// network's clients. Repeating it changes only what is different. Throws base::Error that names
// what the host lacks, or (conflict) if the namespace or the device is somebody else's.
void ensure_dhcp_namespace(const DhcpNetwork& network, const DhcpPlace& place);
// None of it is left.
void remove_dhcp_namespace(const std::string& network_id, const DhcpPlace& place);
// Networks that have their files in `directory`.
[[nodiscard]] std::vector<std::string> list_dhcp_networks(const std::string& directory);

// The files of dnsmasq. Pure.
[[nodiscard]] std::string dhcp_hosts_file(const DhcpNetwork& network);
[[nodiscard]] std::string dhcp_options_file(const DhcpNetwork& network);

}  // namespace neutron::agents
