#include "neutron/host_networks.hpp"

#include "neutron/app/host_networks.hpp"

namespace neutron {

HostNetworks list_host_networks(platform::Database& database, const std::string& host) {
  return database.read(
      [&](platform::Session& session) { return app::describe_host(session, host); });
}

std::vector<ServerPort> list_server_ports(platform::Database& database) {
  std::vector<ServerPort> ports;
  database.read([&](platform::Session& session) {
    session.query(
        "SELECT id, device_id, host FROM ports WHERE device_owner LIKE 'compute:%' ORDER BY id", {},
        [&](const platform::SqlRow& row) {
          ports.push_back(
              {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))});
        });
  });
  return ports;
}

}  // namespace neutron
