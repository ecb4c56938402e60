// The ports of a server, through Neutron.
#pragma once

#include <string>
#include <vector>

#include "nova/compute/host.hpp"

namespace nova::compute {

// Every requested network has its port, bound to this host, in the order asked for. What a former
// attempt made is found again by the server's id.
[[nodiscard]] std::vector<openstack::clients::Port> ensure_ports(Host& host,
                                                                 const ServerDescription& server,
                                                                 const std::string& request_id);
// Ports that Nova made are gone, those that the user brought are free again.
void release_ports(Host& host, const ServerDescription& server, const std::string& request_id);
// Returns when all ports are wired. Throws Error(timeout) after vif_plugging_timeout.
void wait_for_ports(Host& host, const std::string& server_id, const std::string& request_id);

}  // namespace nova::compute
