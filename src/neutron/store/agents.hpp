// Agents and which DHCP agent serves which network.
#pragma once

#include "neutron/store/fragments.hpp"

namespace neutron::store {

struct AgentRow {
  static constexpr std::string_view kTable = "agents";
  std::string id;
  std::string agent_type;
  std::string binary_name;  // "neutron-linuxbridge-agent"
  std::string topic;
  std::string host;
  bool admin_state_up = true;
  std::string description;
  std::string configurations = "{}";  // JSON object
  base::TimePoint created_at{};
  base::TimePoint started_at{};
  base::TimePoint heartbeat_timestamp{};
};
BOOST_DESCRIBE_STRUCT(AgentRow, (),
                      (id, agent_type, binary_name, topic, host, admin_state_up, description,
                       configurations, created_at, started_at, heartbeat_timestamp))

struct DhcpAgentNetworkRow {
  static constexpr std::string_view kTable = "dhcp_agent_networks";
  std::string network_id;
  std::string agent_id;
};
BOOST_DESCRIBE_STRUCT(DhcpAgentNetworkRow, (), (network_id, agent_id))

[[nodiscard]] std::vector<AgentRow> list_agents(platform::Session& session, const ListQuery& query);
[[nodiscard]] std::vector<AgentRow> list_agents_of_type(platform::Session& session,
                                                        std::string_view agent_type);
[[nodiscard]] std::optional<AgentRow> find_agent(platform::Session& session, const std::string& id);
[[nodiscard]] std::optional<AgentRow> find_agent(platform::Session& session,
                                                 std::string_view agent_type,
                                                 const std::string& host);

}  // namespace neutron::store
