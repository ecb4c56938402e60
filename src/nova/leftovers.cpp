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

std::map<std::string, ServerPorts> list_server_ports(platform::Database& database) {
  std::map<std::string, ServerPorts> servers;
  database.read([&](platform::Session& session) {
    session.query("SELECT id, host, operation_id, ports FROM instances WHERE deleted=0", {},
                  [&](const platform::SqlRow& row) {
                    ServerPorts& server = servers[std::string(row.text(0))];
                    server.host = row.text(1);
                    server.settled = row.text(2).empty();
                    for (const auto& port : base::from_json<std::vector<openstack::clients::Port>>(
                             base::parse_json(row.text(3))))
                      server.ports.push_back(port.id);
                  });
  });
  return servers;
}

std::map<std::string, ServerVolumes> list_server_volumes(platform::Database& database) {
  std::map<std::string, ServerVolumes> servers;
  database.read([&](platform::Session& session) {
    session.query(
        "SELECT i.id, i.operation_id, v.volume_id, v.operation_id FROM instances i "
        "LEFT JOIN server_volumes v ON v.server_id=i.id WHERE i.deleted=0",
        {}, [&](const platform::SqlRow& row) {
          ServerVolumes& server = servers[std::string(row.text(0))];
          server.settled = server.settled && row.text(1).empty() && row.text(3).empty();
          if (!row.is_null(2)) server.volumes.emplace(row.text(2));
        });
  });
  return servers;
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
