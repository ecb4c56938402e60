// What neutron.conf says of wiring this host.
#pragma once

#include "neutron/drivers/l2_provider.hpp"
#include "platform/config.hpp"

namespace neutron::agents {

// Throws base::Error(bad_request) for physical_interface_mappings that are none.
[[nodiscard]] drivers::LinuxBridgeOptions linuxbridge_options(const platform::Config& config);

}  // namespace neutron::agents
