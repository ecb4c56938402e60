// What should be wired on hosts, as Neutron's database has it: for `nephele doctor`.
#pragma once

#include <string>
#include <vector>

#include "neutron/messages.hpp"
#include "platform/database/database.hpp"

namespace neutron {

// The answer to GetHostNetworks.
[[nodiscard]] HostNetworks list_host_networks(platform::Database& database,
                                              const std::string& host);

struct ServerPort {
  std::string id;
  std::string server_id;
  std::string host;  // that it is bound to; may be empty
};
// The ports of all servers.
[[nodiscard]] std::vector<ServerPort> list_server_ports(platform::Database& database);

}  // namespace neutron
