#include "neutron/app/host_networks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "neutron/app/security_groups.hpp"
#include "neutron/store/agents.hpp"
#include "neutron/store/networks.hpp"

namespace neutron::app {
namespace {

std::vector<std::string> to_vector(const std::set<std::string>& ids) {
  return {ids.begin(), ids.end()};
}

using Peers = std::map<std::string, store::Peer>;

// The rules of the groups that the host's ports are in, and the addresses of their remote groups.
class Rules {
 public:
  // Most members are among `peers`, which are known already.
  Rules(platform::Session& session, const std::vector<store::Port>& ports, const Peers& peers) {
    std::set<std::string> groups;
    for (const store::Port& port : ports)
      groups.insert(port.security_groups.begin(), port.security_groups.end());
    std::set<std::string> remotes;
    for (auto& rule :
         store::select_in<store::RuleRow>(session, "security_group_id", to_vector(groups))) {
      if (!rule.remote_group_id.empty()) remotes.insert(rule.remote_group_id);
      rules_[rule.security_group_id].push_back(std::move(rule));
    }
    read_members(session, to_vector(remotes), peers);
  }

  [[nodiscard]] std::vector<PortRule> of_port(const store::Port& port) const {
    std::vector<PortRule> result;
    for (const std::string& group : port.security_groups) {
      const auto found = rules_.find(group);
      if (found == rules_.end()) continue;
      for (const store::RuleRow& row : found->second)
        if (auto rule = resolve(row)) result.push_back(std::move(*rule));
    }
    return result;
  }

  [[nodiscard]] std::vector<std::string> members_of(const std::string& group) const {
    return to_vector(members_.at(group));
  }

 private:
  void read_members(platform::Session& session, const std::vector<std::string>& groups,
                    const Peers& peers) {
    const auto memberships =
        store::select_in<store::PortSecurityGroupRow>(session, "security_group_id", groups);
    std::set<std::string> unknown;
    for (const auto& membership : memberships)
      if (!peers.contains(membership.port_id)) unknown.insert(membership.port_id);
    const Peers others = store::list_peers(session, "id", to_vector(unknown));
    for (const auto& [port_id, group] : memberships) {
      const auto peer = peers.find(port_id);
      add_member(members_[group], peer != peers.end() ? peer->second : others.at(port_id));
    }
  }

  static void add_member(std::set<std::string>& addresses, const store::Peer& peer) {
    const auto add = [&](const std::string& address) {
      if (const auto cidr = parse_cidr(address)) addresses.insert(to_text(*cidr));
    };
    for (const std::string& address : peer.ip_addresses) add(address);
    if (peer.allowed_address_pairs == "[]") return;
    for (const base::Json& pair : store::parse_list(peer.allowed_address_pairs))
      add(base::text_or(pair, "ip_address"));
  }

  [[nodiscard]] std::optional<PortRule> resolve(const store::RuleRow& row) const {
    PortRule rule;
    rule.direction = row.direction;
    rule.ethertype = row.ethertype;
    if (!row.protocol.empty()) rule.protocol = protocol_number(row.protocol, row.ethertype);
    if (row.port_range_min >= 0) rule.port_min = row.port_range_min;
    if (row.port_range_max >= 0) rule.port_max = row.port_range_max;
    const int version = row.ethertype == "IPv4" ? 4 : 6;
    if (!row.remote_ip_prefix.empty()) {
      const auto cidr = parse_cidr(row.remote_ip_prefix);
      if (cidr && cidr->prefix > 0) rule.remotes.push_back(to_text(*cidr));
    } else if (!row.remote_group_id.empty()) {
      const auto members = members_.find(row.remote_group_id);
      const bool any =
          members != members_.end() &&
          std::any_of(members->second.begin(), members->second.end(), [&](const std::string& cidr) {
            return (cidr.find(':') == std::string::npos) == (version == 4);
          });
      if (!any) return std::nullopt;
      rule.remote_group = row.remote_group_id;
    }
    return rule;
  }

  std::unordered_map<std::string, std::vector<store::RuleRow>> rules_;
  std::unordered_map<std::string, std::set<std::string>> members_;
};

std::map<std::string, std::string> vteps_by_host(platform::Session& session) {
  std::map<std::string, std::string> vteps;
  for (const auto& agent : store::list_agents_of_type(session, kLinuxBridgeAgentType)) {
    const std::string vtep = base::text_or(base::parse_json(agent.configurations), "tunneling_ip");
    if (!vtep.empty()) vteps[agent.host] = vtep;
  }
  return vteps;
}

std::vector<std::string> tunnelled(const std::map<std::string, HostNetwork>& networks) {
  std::vector<std::string> ids;
  for (const auto& [id, network] : networks)
    if (network.segment.network_type == "vxlan") ids.push_back(id);
  return ids;
}

// `peers`: all ports of the tunnelled networks.
void add_forwarding(platform::Session& session, const std::string& host, const Peers& peers,
                    std::map<std::string, HostNetwork>& networks) {
  if (peers.empty()) return;
  const auto vteps = vteps_by_host(session);
  std::map<std::string, std::set<std::string>> remote;
  for (const auto& [id, peer] : peers) {
    const auto vtep = vteps.find(peer.host);
    if (peer.host == host || !peer.is_bound || vtep == vteps.end()) continue;
    remote[peer.network_id].insert(vtep->second);
    networks.at(peer.network_id)
        .forwarding.push_back({peer.mac_address, peer.ip_addresses, vtep->second});
  }
  for (const auto& [id, hosts] : remote) networks.at(id).vteps = to_vector(hosts);
}

std::map<std::string, HostNetwork> describe_networks(platform::Session& session,
                                                     const std::vector<std::string>& ids) {
  std::map<std::string, HostNetwork> networks;
  for (const auto& row : store::select_in<store::NetworkRow>(session, "id", ids)) {
    HostNetwork& network = networks[row.id];
    network.id = row.id;
    network.project_id = row.project_id;
    network.admin_state_up = row.admin_state_up;
    network.mtu = row.mtu;
  }
  for (const auto& segment : store::select_in<store::SegmentRow>(session, "network_id", ids))
    networks[segment.network_id].segment = {segment.network_type, segment.physical_network,
                                            segment.segmentation_id.value_or(0)};
  return networks;
}

}  // namespace

HostPort describe_port(const store::Port& port, const std::vector<store::SubnetRow>& subnets) {
  HostPort result;
  result.id = port.row.id;
  result.project_id = port.row.project_id;
  result.device_id = port.row.device_id;
  result.device_owner = port.row.device_owner;
  result.mac_address = port.row.mac_address;
  result.admin_state_up = port.row.admin_state_up;
  result.status = port.row.status;
  result.port_security_enabled = port.row.port_security_enabled;
  for (const auto& address : port.fixed_ips)
    for (const auto& subnet : subnets)
      if (subnet.id == address.subnet_id)
        result.fixed_ips.push_back({address.ip_address, subnet.id, subnet.cidr, subnet.gateway_ip});
  if (port.row.allowed_address_pairs != "[]")
    for (const base::Json& pair : store::parse_list(port.row.allowed_address_pairs))
      result.allowed_address_pairs.push_back(
          {base::text_or(pair, "mac_address"), base::text_or(pair, "ip_address")});
  return result;
}

HostNetworks describe_host(platform::Session& session, const std::string& host) {
  const auto ports =
      store::list_ports(session, {{" AND host=? AND vif_type='bridge'", {host}}, {}});
  std::set<std::string> ids;
  for (const store::Port& port : ports) ids.insert(port.row.network_id);
  auto networks = describe_networks(session, to_vector(ids));
  std::map<std::string, std::vector<store::SubnetRow>> subnets;
  for (auto& subnet : store::select_in<store::SubnetRow>(session, "network_id", to_vector(ids)))
    subnets[subnet.network_id].push_back(std::move(subnet));
  const Peers peers = store::list_peers(session, "network_id", tunnelled(networks));
  const Rules rules(session, ports, peers);
  for (const store::Port& port : ports) {
    HostPort described = describe_port(port, subnets[port.row.network_id]);
    HostNetwork& network = networks.at(port.row.network_id);
    if (port.row.port_security_enabled) described.rules = rules.of_port(port);
    for (const PortRule& rule : described.rules)
      if (!rule.remote_group.empty() && !network.group_members.contains(rule.remote_group))
        network.group_members[rule.remote_group] = rules.members_of(rule.remote_group);
    network.ports.push_back(std::move(described));
  }
  add_forwarding(session, host, peers, networks);
  HostNetworks result;
  for (auto& [id, network] : networks) result.networks.push_back(std::move(network));
  return result;
}

}  // namespace neutron::app
