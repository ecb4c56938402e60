// Ports of servers in Neutron against those in Nova: `nephele doctor`.
#pragma once

#include <vector>

#include "nephele/command_line.hpp"
#include "nephele/defects.hpp"

namespace nephele {

// Where this host reaches both databases. Nothing of it is mended: a port may be a user's own.
void compare_ports(const CommandLine& line, std::vector<Defect>& defects);

}  // namespace nephele
