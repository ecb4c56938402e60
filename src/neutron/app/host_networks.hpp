// What should be wired on a host: the L2 agent's whole world, resolved to concrete values.
#pragma once

#include "neutron/messages.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {

// Every port bound to the host, by network.
[[nodiscard]] HostNetworks describe_host(platform::Session& session, const std::string& host);

// Without rules.
[[nodiscard]] HostPort describe_port(const store::Port& port,
                                     const std::vector<store::SubnetRow>& subnets);

}  // namespace neutron::app
