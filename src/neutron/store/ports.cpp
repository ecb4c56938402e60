#include "neutron/store/ports.hpp"

#include <unordered_map>

namespace neutron::store {

std::vector<Port> list_ports(platform::Session& session, const ListQuery& query) {
  auto rows = select_list<PortRow>(session, query);
  std::vector<Port> ports(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) ports[i].row = std::move(rows[i]);
  std::unordered_map<std::string_view, Port*> by_id(ports.size());
  std::vector<std::string> ids;
  ids.reserve(ports.size());
  for (Port& port : ports) {
    by_id[port.row.id] = &port;
    ids.push_back(port.row.id);
  }
  for (auto& allocation : select_in<AllocationRow>(session, "port_id", ids))
    by_id.at(allocation.port_id)->fixed_ips.push_back(std::move(allocation));
  for (auto& group : select_in<PortSecurityGroupRow>(session, "port_id", ids))
    by_id.at(group.port_id)->security_groups.push_back(std::move(group.security_group_id));
  return ports;
}

std::optional<Port> find_port(platform::Session& session, const std::string& id) {
  auto ports = list_ports(session, {{" AND id=?", {id}}, {}});
  if (ports.empty()) return std::nullopt;
  return std::move(ports.front());
}

bool is_mac_taken(platform::Session& session, const std::string& network_id,
                  const std::string& mac) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM ports WHERE network_id=? AND mac_address=?",
                          {network_id, mac}) > 0;
}

void set_security_groups(platform::Session& session, const std::string& port_id,
                         const std::vector<std::string>& group_ids) {
  session.execute("DELETE FROM port_security_groups WHERE port_id=?", {port_id});
  for (const std::string& group_id : group_ids)
    platform::insert(session, PortSecurityGroupRow{port_id, group_id});
}

void delete_port(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM ip_allocations WHERE port_id=?", {id});
  session.execute("DELETE FROM port_security_groups WHERE port_id=?", {id});
  session.execute("DELETE FROM ports WHERE id=?", {id});
}

}  // namespace neutron::store
