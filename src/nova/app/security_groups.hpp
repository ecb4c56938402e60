// The security groups of a server that is there: those of its ports, which are Neutron's.
#pragma once

#include <string>

#include "nova/app/app.hpp"

namespace nova::app {

// Puts the group, by name or id, on all ports of the server. Throws Error(not_found) if the project
// has no such group or the server no port. A group that is on a port already stays there.
void add_security_group(App& app, const openstack::Context& context, const std::string& server_id,
                        const std::string& name);
// Takes it off. Throws Error(not_found) too if it is on none of them.
void remove_security_group(App& app, const openstack::Context& context,
                           const std::string& server_id, const std::string& name);

}  // namespace nova::app
