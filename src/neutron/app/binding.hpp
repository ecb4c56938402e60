// Port binding by the Linux bridge mechanism: whether a host can wire a port, and how.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {

// None if the port's network is not there.
[[nodiscard]] std::optional<store::PortPremises> find_premises(platform::Session& session,
                                                               const store::PortRow& port);
// Whether it would be bound.
[[nodiscard]] bool can_bind(Core& core, const store::PortPremises& premises,
                            const store::PortRow& port);
// Sets vif_type, vif_details and status from the port's host: "unbound" without one, "bridge" if a
// living L2 agent there can serve the network's segment, else "binding_failed".
void bind_port(Core& core, const store::PortPremises& premises, store::PortRow& port);

}  // namespace neutron::app
