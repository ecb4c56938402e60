#include "neutron/store/ports.hpp"

#include <span>
#include <unordered_map>

namespace neutron::store {
namespace {

constexpr size_t kPortBatch = 64;

// As platform::decode, into texts that have their memory already.
void decode_into(PortRow& port, const platform::SqlRow& row) {
  size_t column = 0;
  boost::mp11::mp_for_each<platform::detail::Members<PortRow>>([&](auto member) {
    auto& field = port.*member.pointer;
    using Field = std::remove_reference_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, std::string>)
      field.assign(row.text(column++));
    else
      field = row.get<Field>(column++);
  });
}

// Ports that are read one batch after the other into the same memory.
class PortBatch {
 public:
  PortBatch(platform::Session& session, const std::function<void(Port&)>& each)
      : session_(session), each_(each) {}

  void add(const platform::SqlRow& row) {
    if (filled_ == ports_.size()) ports_.emplace_back();
    decode_into(ports_[filled_++].row, row);
    if (filled_ == kPortBatch) hand_out();
  }

  void hand_out() {
    if (filled_ == 0) return;
    const std::span<Port> ports(ports_.data(), filled_);
    filled_ = 0;
    std::unordered_map<std::string_view, Port*> by_id(ports.size());
    platform::SqlValues ids;
    ids.reserve(kPortBatch);
    for (Port& port : ports) {
      port.fixed_ips.clear();
      port.security_groups.clear();
      by_id[port.row.id] = &port;
      ids.emplace_back(port.row.id);
    }
    const std::string tail = "WHERE port_id IN (" + placeholders(ids) + ")";
    for (auto& allocation : platform::select<AllocationRow>(session_, tail, ids))
      by_id.at(allocation.port_id)->fixed_ips.push_back(std::move(allocation));
    for (auto& group : platform::select<PortSecurityGroupRow>(session_, tail, ids))
      by_id.at(group.port_id)->security_groups.push_back(std::move(group.security_group_id));
    for (Port& port : ports) each_(port);
  }

 private:
  platform::Session& session_;
  const std::function<void(Port&)>& each_;
  std::vector<Port> ports_;
  size_t filled_ = 0;
};

}  // namespace

void each_port(platform::Session& session, const ListQuery& query,
               const std::function<void(Port&)>& each) {
  PortBatch batch(session, each);
  const SqlFragment sql = to_sql(platform::select_from<PortRow>(), query);
  session.query(sql.text, sql.values, [&](const platform::SqlRow& row) { batch.add(row); });
  batch.hand_out();
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
