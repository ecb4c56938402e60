// What should be wired on a host, as Neutron's database has it: for `nephele doctor`.
#pragma once

#include <string>

#include "neutron/messages.hpp"
#include "platform/database/database.hpp"

namespace neutron {

// The answer to GetHostNetworks.
[[nodiscard]] HostNetworks list_host_networks(platform::Database& database,
                                              const std::string& host);

}  // namespace neutron
