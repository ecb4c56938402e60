#include "neutron/store/ports.hpp"

#include <span>
#include <unordered_map>

namespace neutron::store {
namespace {

constexpr size_t kPortBatch = 64;

// Clears what the ports had and reads what they have.
void add_addresses_and_groups(platform::Session& session, std::span<Port> ports) {
  std::unordered_map<std::string_view, Port*> by_id(ports.size());
  platform::SqlValues ids;
  ids.reserve(ports.size());
  for (Port& port : ports) {
    port.fixed_ips.clear();
    port.security_groups.clear();
    by_id[port.row.id] = &port;
    ids.emplace_back(port.row.id);
  }
  const std::string where = "WHERE port_id IN (" + platform::placeholders(ids) + ")";
  session.query(
      "SELECT port_id, " + platform::columns<AllocationRow>() + " FROM ip_allocations " + where,
      ids, [&](const platform::SqlRow& row) {
        platform::decode_into(by_id.at(row.text(0))->fixed_ips.emplace_back(), row, 1);
      });
  session.query("SELECT port_id, security_group_id FROM port_security_groups " + where, ids,
                [&](const platform::SqlRow& row) {
                  by_id.at(row.text(0))->security_groups.emplace_back(row.text(1));
                });
}

}  // namespace

void each_port(platform::Session& session, const ListQuery& query,
               const std::function<void(Port&)>& each) {
  const auto take = [&](std::span<Port> ports) {
    add_addresses_and_groups(session, ports);
    for (Port& port : ports) each(port);
  };
  const SqlFragment sql = to_sql(platform::select_from<PortRow>(), query);
  platform::read_in_batches<Port>(kPortBatch, take, [&](platform::Batch<Port>& batch) {
    session.query(sql.text, sql.values, [&](const platform::SqlRow& row) {
      platform::decode_into(batch.next().row, row);
      batch.add();
    });
  });
}

std::vector<Port> list_ports(platform::Session& session, const ListQuery& query) {
  std::vector<Port> ports;
  each_port(session, query, [&](Port& port) { ports.push_back(std::move(port)); });
  return ports;
}

std::optional<Port> find_port(platform::Session& session, const std::string& id) {
  auto ports = list_ports(session, {{" AND id=?", {id}}, {}});
  if (ports.empty()) return std::nullopt;
  return std::move(ports.front());
}

std::map<std::string, Peer> list_peers(platform::Session& session, std::string_view column,
                                       std::span<const std::string> values) {
  std::map<std::string, Peer> peers;
  const std::string name = "p." + std::string(column);
  for (size_t first = 0; first < values.size(); first += kInLimit) {
    const auto some = values.subspan(first, std::min(kInLimit, values.size() - first));
    SqlFragment where;
    add_in(where, name, {some.begin(), some.end()});
    session.query(
        "SELECT p.id, p.network_id, p.host, p.mac_address,"
        " p.vif_type NOT IN ('unbound','binding_failed'), p.allowed_address_pairs, a.ip_address"
        " FROM ports p LEFT JOIN ip_allocations a ON a.port_id=p.id WHERE 1=1" +
            where.text,
        where.values, [&](const platform::SqlRow& row) {
          Peer& peer = peers[row.get<std::string>(0)];
          peer.network_id = row.text(1);
          peer.host = row.text(2);
          peer.mac_address = row.text(3);
          peer.is_bound = row.get<bool>(4);
          peer.allowed_address_pairs = row.text(5);
          if (!row.is_null(6)) peer.ip_addresses.emplace_back(row.text(6));
        });
  }
  return peers;
}

std::optional<PortPremises> find_port_premises(platform::Session& session, const PortRow& port,
                                               std::string_view agent_type) {
  std::optional<PortPremises> premises;
  session.query(
      "SELECT n.port_security_enabled, s.network_id, s.network_type, s.physical_network,"
      " s.segmentation_id, a.admin_state_up, a.configurations, a.heartbeat_timestamp,"
      " g.security_group_id, q.max_count,"
      " EXISTS (SELECT 1 FROM ports p WHERE p.network_id=n.id AND p.mac_address=?)"
      " FROM networks n JOIN network_segments s ON s.network_id=n.id"
      " LEFT JOIN agents a ON a.agent_type=? AND a.host=?"
      " LEFT JOIN default_security_groups g ON g.project_id=?"
      " LEFT JOIN quotas q ON q.project_id=? AND q.resource='port' WHERE n.id=?",
      {port.mac_address, agent_type, port.host, port.project_id, port.project_id, port.network_id},
      [&](const platform::SqlRow& row) {
        premises.emplace();
        premises->port_security_enabled = row.get<bool>(0);
        premises->segment = platform::decode<SegmentRow>(row, 1);
        if (!row.is_null(5)) premises->agent = platform::decode<L2Agent>(row, 5);
        if (!row.is_null(8)) premises->default_security_group = row.text(8);
        premises->port_quota = row.get<std::optional<int64_t>>(9);
        premises->is_mac_taken = row.get<bool>(10);
      });
  return premises;
}

bool is_mac_taken(platform::Session& session, const std::string& network_id,
                  const std::string& mac) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM ports WHERE network_id=? AND mac_address=?",
                          {network_id, mac}) > 0;
}

void add_security_groups(platform::Session& session, const std::string& port_id,
                         const std::vector<std::string>& group_ids) {
  for (const std::string& group_id : group_ids)
    platform::insert(session, PortSecurityGroupRow{port_id, group_id});
}

void delete_port(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM ip_allocations WHERE port_id=?", {id});
  session.execute("DELETE FROM port_security_groups WHERE port_id=?", {id});
  session.execute("DELETE FROM ports WHERE id=?", {id});
}

}  // namespace neutron::store
