// Port binding by the Linux bridge mechanism: whether a host can wire a port, and how.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {

// Sets vif_type, vif_details and status from the port's host: "unbound" without one, "bridge" if a
// living L2 agent there can serve the network's segment, else "binding_failed".
void bind_port(Core& core, platform::Session& session, store::PortRow& port);

}  // namespace neutron::app
