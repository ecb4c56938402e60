// What Nova's database holds without an owner: for `nephele doctor`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nova/messages.hpp"
#include "nova/store/leftovers.hpp"
#include "platform/database/database.hpp"

namespace nova {

[[nodiscard]] std::vector<store::OwnerlessClaim> find_ownerless_claims(
    platform::Database& database);
// Gives it back, unless it has found its owner meanwhile. Whether it did.
bool release_ownerless_claim(platform::Database& database, const std::string& server_id);
// What Nova believes of a server's ports.
struct ServerPorts {
  std::string host;     // empty: on none
  bool settled = true;  // in no operation
  std::vector<std::string> ports;
};
// Of every server, by id.
[[nodiscard]] std::map<std::string, ServerPorts> list_server_ports(platform::Database& database);
// What Nova believes of a server's volumes.
struct ServerVolumes {
  bool settled = true;  // neither it nor one of them is in an operation
  std::set<std::string> volumes;
};
// Of every server, by id.
[[nodiscard]] std::map<std::string, ServerVolumes> list_server_volumes(
    platform::Database& database);
// The answer to ListServersOfHost.
[[nodiscard]] ServerList list_servers_of_host(platform::Database& database,
                                              const std::string& host);

}  // namespace nova
