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
// Which ports of a server: a build that failed here gives back only what is bound here, since the
// server may have gone to another host meanwhile.
enum class Ports { all, of_this_host };
// Those that Nova made are gone, those that the user brought are free again.
void release_ports(Host& host, const ServerDescription& server, Ports which,
                   const std::string& request_id);
// Returns when the server's ports are wired. Throws Error(timeout) after vif_plugging_timeout.
void wait_for_ports(Host& host, const ServerDescription& server, const std::string& request_id);

}  // namespace nova::compute
