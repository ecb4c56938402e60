// Which DHCP agent serves which network, and with what.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/agents.hpp"
#include "neutron/store/networks.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {

// After a change of the network's subnets: Neutron's DHCP ports lose their addresses in subnets
// without DHCP, and go, with the agents' bindings, when no subnet has it.
void release_unserved(platform::Session& session, Changes& news, const std::string& network_id);

// Thread-safe.
class Dhcp {
 public:
  explicit Dhcp(Core& core) : core_(core) {}

  // Everything that the DHCP agent of `host` should serve. Networks that no living agent serves are
  // given to the living agent with the least, and missing DHCP ports are made.
  [[nodiscard]] DhcpNetworks get_networks(const std::string& host);
  [[nodiscard]] MetadataPort get_metadata_port(const GetMetadataPort& query);

  // dhcp_agent_scheduler: what an operator sees and says.
  [[nodiscard]] std::vector<std::string> list_networks_of_agent(const std::string& agent_id);
  [[nodiscard]] std::vector<store::AgentRow> list_agents_of_network(const std::string& network_id);
  void add_network(const std::string& agent_id, const std::string& network_id);
  void remove_network(const std::string& agent_id, const std::string& network_id);

 private:
  [[nodiscard]] std::vector<std::string> list_unserved(platform::Session& session);
  void schedule(platform::Session& session, Changes& news, const std::string& asking_host);
  void ensure_port(platform::Session& session, Changes& news, const std::string& host,
                   const std::string& network_id);

  Core& core_;
};

}  // namespace neutron::app
