// What Nova's database holds without an owner: for `nephele doctor`.
#pragma once

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
// The answer to ListServersOfHost.
[[nodiscard]] ServerList list_servers_of_host(platform::Database& database,
                                              const std::string& host);

}  // namespace nova
