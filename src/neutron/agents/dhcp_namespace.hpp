// A network's own namespace on a host, with the DHCP port's device and its dnsmasq.
#pragma once

#include <string>
#include <vector>

#include "neutron/messages.hpp"

namespace neutron::agents {

// Everything of one network lies in `directory`: hosts, options, leases, the pid of dnsmasq.
// Throws base::Error that names what the host lacks.

// The namespace, the device in it with the port's addresses, and a dnsmasq that serves the
// network's clients. Repeating it changes only what is different.
void ensure_dhcp_namespace(const DhcpNetwork& network, const std::string& directory,
                           int64_t lease_seconds);
// None of it is left.
void remove_dhcp_namespace(const std::string& network_id, const std::string& directory);
// Networks that have a namespace on this host.
[[nodiscard]] std::vector<std::string> list_dhcp_namespaces();

// The files of dnsmasq. Pure.
[[nodiscard]] std::string dhcp_hosts_file(const DhcpNetwork& network);
[[nodiscard]] std::string dhcp_options_file(const DhcpNetwork& network);

}  // namespace neutron::agents
