#include "neutron/store/networks.hpp"

#include <unordered_map>

#include "neutron/store/rbac_policies.hpp"

namespace neutron::store {
namespace {

// What of a subnet a network's view needs.
struct SubnetOfNetwork {
  static constexpr std::string_view kTable = "subnets";
  std::string id;
  std::string network_id;
  int64_t ip_version = 4;
  std::string subnetpool_id;
};
BOOST_DESCRIBE_STRUCT(SubnetOfNetwork, (), (id, network_id, ip_version, subnetpool_id))

struct PoolScope {
  static constexpr std::string_view kTable = "subnetpools";
  std::string id;
  std::string address_scope_id;
};
BOOST_DESCRIBE_STRUCT(PoolScope, (), (id, address_scope_id))

constexpr size_t kNetworkColumns =
    boost::mp11::mp_size<platform::detail::Members<NetworkRow>>::value;

// Every network has one segment.
const std::string& select_with_segment() {
  static const std::string text = "SELECT " + platform::columns<NetworkRow>() + ", " +
                                  platform::columns<SegmentRow>() +
                                  " FROM networks JOIN network_segments ON network_id=id ";
  return text;
}

using ById = std::unordered_map<std::string_view, Network*>;

void add_subnets(platform::Session& session, const ById& networks,
                 std::span<const std::string> ids) {
  const auto subnets =
      select_in<SubnetOfNetwork>(session, "network_id", ids, "ORDER BY created_at, id");
  std::vector<std::string> pool_ids;
  for (const auto& subnet : subnets) {
    networks.at(subnet.network_id)->subnets.push_back(subnet.id);
    if (!subnet.subnetpool_id.empty()) pool_ids.push_back(subnet.subnetpool_id);
  }
  if (pool_ids.empty()) return;
  std::unordered_map<std::string, std::string> scopes;
  for (auto& pool : select_in<PoolScope>(session, "id", pool_ids))
    scopes[pool.id] = pool.address_scope_id;
  for (const auto& subnet : subnets) {
    if (subnet.subnetpool_id.empty()) continue;
    Network& network = *networks.at(subnet.network_id);
    (subnet.ip_version == 4 ? network.ipv4_address_scope : network.ipv6_address_scope) =
        scopes[subnet.subnetpool_id];
  }
}

void add_grants(platform::Session& session, const ById& networks, std::span<const std::string> ids,
                const std::string& project_id) {
  for (const auto& grant : select_in<RbacPolicyRow>(session, "object_id", ids)) {
    Network& network = *networks.at(grant.object_id);
    if (grant.action == kAccessAsExternal) network.external = true;
    if (grant.action == kAccessAsShared &&
        (grant.target_project == kAnyProject || grant.target_project == project_id))
      network.shared = true;
  }
}

}  // namespace

std::vector<Network> list_networks(platform::Session& session, const ListQuery& query,
                                   const std::string& project_id) {
  std::vector<Network> networks;
  const SqlFragment sql = to_sql(select_with_segment(), query);
  session.query(sql.text, sql.values, [&](const platform::SqlRow& row) {
    Network& network = networks.emplace_back();
    platform::decode_into(network.row, row);
    platform::decode_into(network.segment, row, kNetworkColumns);
  });
  ById by_id;
  std::vector<std::string> ids;
  for (Network& network : networks) {
    by_id[network.row.id] = &network;
    ids.push_back(network.row.id);
  }
  add_subnets(session, by_id, ids);
  add_grants(session, by_id, ids, project_id);
  return networks;
}

std::optional<Network> find_network(platform::Session& session, const std::string& id,
                                    const std::string& project_id) {
  auto networks = list_networks(session, {{" AND id=?", {id}}, {}}, project_id);
  if (networks.empty()) return std::nullopt;
  return std::move(networks.front());
}

std::optional<NetworkRow> find_network_row(platform::Session& session, const std::string& id) {
  return platform::find<NetworkRow>(session, "WHERE id=?", {id});
}

bool lock_network(platform::Session& session, const std::string& id) {
  return session.change("UPDATE networks SET id=id WHERE id=?", {id}) > 0;
}

}  // namespace neutron::store
