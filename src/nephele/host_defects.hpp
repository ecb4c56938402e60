// What this host has and should not have, or the other way round: `nephele doctor`.
#pragma once

#include <vector>

#include "nephele/command_line.hpp"
#include "nephele/defects.hpp"

namespace nephele {

// Guests, network interfaces and disks against Nova's servers; bridges and DHCP servers against
// Neutron's ports. What should be here is read in the services' databases, or asked of the services
// by the message queue on a host that has no database. Defects may hold locks that keep roles of
// this host from starting meanwhile. Throws base::Error if one can not be asked.
void compare_guests(const CommandLine& line, std::vector<Defect>& defects);
void compare_networks(const CommandLine& line, std::vector<Defect>& defects);

}  // namespace nephele
