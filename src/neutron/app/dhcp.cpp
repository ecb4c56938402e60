#include "neutron/app/dhcp.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "neutron/app/binding.hpp"
#include "neutron/app/host_networks.hpp"
#include "neutron/app/ipam.hpp"
#include "neutron/app/ports.hpp"
#include "platform/crypto.hpp"

namespace neutron::app {
namespace {

// "dhcp<uuid of the host>-<network>": how Neutron names its own port's device.
std::string device_of(const std::string& host, const std::string& network_id) {
  return "dhcp" + base::uuid_from_bytes(platform::sha256(host).substr(0, 16)) + "-" + network_id;
}

std::vector<store::Port> dhcp_ports(platform::Session& session, const std::string& network_id) {
  return store::list_ports(
      session, {{" AND network_id=? AND device_owner=?", {network_id, store::kDhcpOwner}}, {}});
}

bool has_dhcp(const std::vector<store::SubnetRow>& subnets) {
  return std::any_of(subnets.begin(), subnets.end(),
                     [](const store::SubnetRow& subnet) { return subnet.enable_dhcp; });
}

// The port has an address in every subnet with DHCP.
bool is_complete(const store::Port& port, const std::vector<store::SubnetRow>& subnets) {
  return std::all_of(subnets.begin(), subnets.end(), [&](const store::SubnetRow& subnet) {
    return !subnet.enable_dhcp ||
           std::any_of(port.fixed_ips.begin(), port.fixed_ips.end(),
                       [&](const auto& address) { return address.subnet_id == subnet.id; });
  });
}

// "host-10-0-0-5", as Neutron names hosts without a DNS integration.
std::string hostname_of(const std::string& ip_address) {
  std::string name = "host-" + ip_address;
  std::replace(name.begin(), name.end(), '.', '-');
  std::replace(name.begin(), name.end(), ':', '-');
  return name;
}

DhcpClient describe_client(const store::Port& port) {
  DhcpClient client;
  client.port_id = port.row.id;
  client.mac_address = port.row.mac_address;
  client.device_owner = port.row.device_owner;
  for (const auto& address : port.fixed_ips)
    client.fixed_ips.push_back({address.subnet_id, address.ip_address});
  if (!client.fixed_ips.empty()) client.hostname = hostname_of(client.fixed_ips.front().ip_address);
  for (const base::Json& option : store::parse_list(port.row.extra_dhcp_opts))
    client.options.push_back({base::text_or(option, "opt_name"), base::text_or(option, "opt_value"),
                              base::integer_or(option, "ip_version", 4)});
  return client;
}

DhcpSubnet describe_subnet(const store::SubnetRow& row) {
  DhcpSubnet subnet{row.id,
                    row.cidr,
                    row.ip_version,
                    row.enable_dhcp,
                    row.gateway_ip,
                    row.ipv6_address_mode,
                    row.ipv6_ra_mode,
                    {},
                    {}};
  for (const base::Json& server : store::parse_list(row.dns_nameservers))
    subnet.dns_nameservers.emplace_back(server.as_string());
  for (const base::Json& route : store::parse_list(row.host_routes))
    subnet.host_routes.push_back(
        {base::text_or(route, "destination"), base::text_or(route, "nexthop")});
  return subnet;
}

// It is not, but an attempt would succeed.
bool could_be_bound(Core& core, platform::Session& session, const store::PortRow& port) {
  if (port.is_bound()) return false;
  const auto premises = find_premises(session, port);
  return premises && can_bind(core, *premises, port);
}

std::vector<std::string> networks_of(platform::Session& session, const std::string& agent_id) {
  std::vector<std::string> ids;
  session.query("SELECT network_id FROM dhcp_agent_networks WHERE agent_id=? ORDER BY network_id",
                {agent_id}, [&](const platform::SqlRow& row) { ids.emplace_back(row.text(0)); });
  return ids;
}

bool serves(platform::Session& session, const std::string& agent_id,
            const std::string& network_id) {
  return platform::number(
             session, "SELECT COUNT(*) FROM dhcp_agent_networks WHERE agent_id=? AND network_id=?",
             {agent_id, network_id}) > 0;
}

// Everything that an agent serves, with one query per table whatever the number of networks.
class AgentView {
 public:
  AgentView(platform::Session& session, const std::vector<std::string>& ids)
      : networks_(store::select_in<store::NetworkRow>(session, "id", ids, "ORDER BY id")) {
    for (auto& subnet :
         store::select_in<store::SubnetRow>(session, "network_id", ids, "ORDER BY created_at, id"))
      subnets_[subnet.network_id].push_back(std::move(subnet));
    for (auto& row : store::select_in<store::PortRow>(session, "network_id", ids, "ORDER BY id")) {
      auto& port = ports_[row.network_id].emplace_back();
      port.row = std::move(row);
    }
    for (auto& row : store::select_in<store::AllocationRow>(session, "network_id", ids))
      addresses_[row.port_id].push_back(std::move(row));
    for (auto& [network_id, list] : ports_)
      for (store::Port& port : list) port.fixed_ips = std::move(addresses_[port.row.id]);
  }

  // `incomplete` is set if a network lacks its port, or the port an address or a binding that it
  // could have.
  [[nodiscard]] std::vector<DhcpNetwork> describe(Core& core, platform::Session& session,
                                                  const std::string& host, bool& incomplete) {
    std::vector<DhcpNetwork> result;
    for (const store::NetworkRow& network : networks_) {
      const auto& subnets = subnets_[network.id];
      if (!network.admin_state_up || !has_dhcp(subnets)) continue;
      DhcpNetwork& described = result.emplace_back();
      described.id = network.id;
      described.project_id = network.project_id;
      described.mtu = network.mtu;
      described.dns_domain = core.settings().dns_domain;
      for (const auto& subnet : subnets) described.subnets.push_back(describe_subnet(subnet));
      const std::string device = device_of(host, network.id);
      bool complete = false;
      for (const store::Port& port : ports_[network.id]) {
        if (port.row.device_id == device) {
          complete = is_complete(port, subnets) && !could_be_bound(core, session, port.row);
          described.port = describe_port(port, subnets);
        }
        described.clients.push_back(describe_client(port));
      }
      if (!complete) incomplete = true;
    }
    return result;
  }

 private:
  std::vector<store::NetworkRow> networks_;
  std::unordered_map<std::string, std::vector<store::SubnetRow>> subnets_;
  std::unordered_map<std::string, std::vector<store::Port>> ports_;
  std::unordered_map<std::string, std::vector<store::AllocationRow>> addresses_;
};

}  // namespace

void release_unserved(platform::Session& session, Changes& news, const std::string& network_id) {
  const auto subnets = store::list_subnets_of_network(session, network_id);
  const bool served = has_dhcp(subnets);
  if (!served) session.execute("DELETE FROM dhcp_agent_networks WHERE network_id=?", {network_id});
  for (const store::Port& port : dhcp_ports(session, network_id)) {
    if (!served) {
      store::delete_port(session, port.row.id);
      news.port(port.row.id);
      continue;
    }
    for (const auto& subnet : subnets)
      if (!subnet.enable_dhcp)
        session.execute("DELETE FROM ip_allocations WHERE port_id=? AND subnet_id=?",
                        {port.row.id, subnet.id});
  }
}

DhcpNetworks Dhcp::get_networks(const std::string& host) {
  bool incomplete = false;
  const auto describe = [&](platform::Session& session) {
    DhcpNetworks result;
    const auto agent = store::find_agent(session, kDhcpAgentType, host);
    if (!agent || !agent->admin_state_up) return result;
    incomplete = !list_unserved(session).empty();
    result.networks = AgentView(session, networks_of(session, agent->id))
                          .describe(core_, session, host, incomplete);
    return result;
  };
  DhcpNetworks result = core_.read(describe);
  if (!incomplete) return result;
  core_.write("schedule_dhcp", [&](platform::Session& session, Changes& news) {
    schedule(session, news, host);
    const auto agent = store::find_agent(session, kDhcpAgentType, host);
    if (!agent) return;
    for (const std::string& id : networks_of(session, agent->id))
      ensure_port(session, news, host, id);
  });
  result = core_.read(describe);
  // A network without a port can not be served yet: the agent will ask again.
  std::erase_if(result.networks,
                [](const DhcpNetwork& network) { return network.port.id.empty(); });
  return result;
}

std::vector<std::string> Dhcp::list_unserved(platform::Session& session) {
  std::vector<std::string> ids;
  session.query(
      "SELECT n.id FROM networks n WHERE n.admin_state_up=1 AND EXISTS (SELECT 1 FROM subnets s"
      " WHERE s.network_id=n.id AND s.enable_dhcp=1) AND (SELECT COUNT(*) FROM dhcp_agent_networks"
      " d JOIN agents a ON a.id=d.agent_id WHERE d.network_id=n.id AND a.heartbeat_timestamp>=?)"
      " < ? ORDER BY n.id",
      {core_.now() - core_.settings().agent_down_time, core_.settings().dhcp_agents_per_network},
      [&](const platform::SqlRow& row) { ids.emplace_back(row.text(0)); });
  return ids;
}

void Dhcp::schedule(platform::Session& session, Changes& news, const std::string& asking_host) {
  struct Candidate {
    store::AgentRow agent;
    size_t load;
  };
  std::vector<Candidate> candidates;
  std::vector<store::AgentRow> dead;
  for (auto& agent : store::list_agents_of_type(session, kDhcpAgentType)) {
    // Who asks is alive, whatever its last heartbeat.
    const bool alive = agent.host == asking_host || core_.is_alive(agent.heartbeat_timestamp);
    if (!alive)
      dead.push_back(std::move(agent));
    else if (agent.admin_state_up)
      candidates.push_back({agent, networks_of(session, agent.id).size()});
  }
  for (const std::string& network_id : list_unserved(session)) {
    // Without a change agents are not woken: they would ask again, at once and for ever.
    bool changed = false;
    for (const auto& agent : dead) {
      changed |= session.change("DELETE FROM dhcp_agent_networks WHERE network_id=? AND agent_id=?",
                                {network_id, agent.id}) > 0;
      for (const auto& port : dhcp_ports(session, network_id))
        if (port.row.device_id == device_of(agent.host, network_id))
          store::delete_port(session, port.row.id);
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return std::tie(a.load, a.agent.host) < std::tie(b.load, b.agent.host);
    });
    // Who asks may serve it already, though its heartbeat is late.
    auto missing = core_.settings().dhcp_agents_per_network;
    for (const Candidate& candidate : candidates)
      if (serves(session, candidate.agent.id, network_id)) --missing;
    for (Candidate& candidate : candidates) {
      if (missing <= 0) break;
      if (serves(session, candidate.agent.id, network_id)) continue;
      platform::insert(session, store::DhcpAgentNetworkRow{network_id, candidate.agent.id});
      ++candidate.load;
      --missing;
      changed = true;
    }
    if (changed) news.network(network_id);
  }
}

void Dhcp::ensure_port(platform::Session& session, Changes& news, const std::string& host,
                       const std::string& network_id) {
  store::lock_network(session, network_id);
  const auto network = store::find_network_row(session, network_id);
  auto subnets = store::list_subnets_of_network(session, network_id);
  if (!network || !has_dhcp(subnets)) return;
  const std::string device = device_of(host, network_id);
  std::optional<store::Port> port;
  for (auto& candidate : dhcp_ports(session, network_id))
    if (candidate.row.device_id == device) port = std::move(candidate);
  const bool known = port.has_value();
  if (known && port->row.is_bound() && is_complete(*port, subnets)) return;
  if (!known) {
    port.emplace();
    store::PortRow& row = port->row;
    row.id = core_.new_id();
    row.project_id = network->project_id;
    row.network_id = network_id;
    row.mac_address = generate_mac(core_, session, network_id);
    row.device_id = device;
    row.device_owner = store::kDhcpOwner;
    row.port_security_enabled = false;
    row.host = host;
    row.created_at = row.updated_at = core_.now();
  }
  const std::string former_vif_type = known ? port->row.vif_type : std::string();
  if (!port->row.is_bound()) bind_port(core_, find_premises(session, port->row).value(), port->row);
  bool changed = port->row.vif_type != former_vif_type;
  if (!known)
    platform::insert(session, port->row);
  else if (changed)
    platform::update(session, port->row);
  for (auto& subnet : subnets) {
    const bool has_one =
        std::any_of(port->fixed_ips.begin(), port->fixed_ips.end(),
                    [&](const auto& address) { return address.subnet_id == subnet.id; });
    if (!subnet.enable_dhcp || has_one) continue;
    add_address(session, *port, subnet);
    changed = true;
  }
  // Not for a port that still can not be bound.
  if (changed) news.port(port->row.id);
}

MetadataPort Dhcp::get_metadata_port(const GetMetadataPort& query) {
  return core_.read([&](platform::Session& session) {
    // An agent of before this check names no host; the bus lets no host do so.
    if (!query.host.empty()) {
      const auto agent = store::find_agent(session, kDhcpAgentType, query.host);
      if (!agent || !serves(session, agent->id, query.network_id)) return MetadataPort{};
    }
    const auto ports = platform::fetch<store::PortRow>(
        session,
        platform::select_from<store::PortRow>() +
            "WHERE id IN (SELECT port_id FROM ip_allocations WHERE ip_address=? AND network_id=?)",
        {query.ip_address, query.network_id});
    if (ports.empty()) return MetadataPort{};
    return MetadataPort{true, ports.front().device_id, ports.front().project_id};
  });
}

std::vector<std::string> Dhcp::list_networks_of_agent(const std::string& agent_id) {
  return core_.read([&](platform::Session& session) {
    if (!store::find_agent(session, agent_id)) throw agent_not_found(agent_id);
    return networks_of(session, agent_id);
  });
}

std::vector<store::AgentRow> Dhcp::list_agents_of_network(const std::string& network_id) {
  return core_.read([&](platform::Session& session) {
    if (!store::find_network_row(session, network_id)) throw network_not_found(network_id);
    return platform::select<store::AgentRow>(
        session, "WHERE id IN (SELECT agent_id FROM dhcp_agent_networks WHERE network_id=?)",
        {network_id});
  });
}

void Dhcp::add_network(const std::string& agent_id, const std::string& network_id) {
  core_.write("add_network_to_dhcp_agent", [&](platform::Session& session, Changes& news) {
    const auto agent = store::find_agent(session, agent_id);
    if (!agent) throw agent_not_found(agent_id);
    if (!store::find_network_row(session, network_id)) throw network_not_found(network_id);
    if (agent->agent_type != kDhcpAgentType || !agent->admin_state_up)
      throw conflict("InvalidDHCPAgent", "Agent {} is not a valid DHCP Agent or has been disabled",
                     agent_id);
    if (serves(session, agent_id, network_id))
      throw conflict("NetworkHostedByDHCPAgent",
                     "The network {} has been already hosted by the DHCP Agent {}.", network_id,
                     agent_id);
    platform::insert(session, store::DhcpAgentNetworkRow{network_id, agent_id});
    news.network(network_id);
  });
}

void Dhcp::remove_network(const std::string& agent_id, const std::string& network_id) {
  core_.write("remove_network_from_dhcp_agent", [&](platform::Session& session, Changes& news) {
    const auto agent = store::find_agent(session, agent_id);
    if (!agent) throw agent_not_found(agent_id);
    if (session.change("DELETE FROM dhcp_agent_networks WHERE network_id=? AND agent_id=?",
                       {network_id, agent_id}) == 0)
      throw conflict("NetworkNotHostedByDhcpAgent",
                     "The network {} is not hosted by the DHCP agent {}.", network_id, agent_id);
    for (const auto& port : dhcp_ports(session, network_id))
      if (port.row.device_id == device_of(agent->host, network_id)) {
        store::delete_port(session, port.row.id);
        news.port(port.row.id);
      }
    news.network(network_id);
  });
}

}  // namespace neutron::app
