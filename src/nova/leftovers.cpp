#include "nova/leftovers.hpp"

#include "nova/store/allocations.hpp"
#include "nova/store/instances.hpp"

namespace nova {

std::vector<store::OwnerlessClaim> find_ownerless_claims(platform::Database& database) {
  return database.read(
      [](platform::Session& session) { return store::list_ownerless_claims(session); });
}

bool release_ownerless_claim(platform::Database& database, const std::string& server_id) {
  return database.write("doctor.release_claim", [&](platform::Session& session) {
    if (store::find_instance(session, server_id)) return false;
    store::release(session, server_id);
    return true;
  });
}

ServerList list_servers_of_host(platform::Database& database, const std::string& host) {
  return database.read([&](platform::Session& session) {
    ServerList list;
    for (const auto& row : platform::select<store::InstanceRow>(
             session, "WHERE host=? AND deleted=0 ORDER BY number", {host}))
      list.servers.push_back(store::describe(session, row));
    return list;
  });
}

}  // namespace nova
