#include "neutron/store/agents.hpp"

namespace neutron::store {

std::vector<AgentRow> list_agents(platform::Session& session, const ListQuery& query) {
  return select_list<AgentRow>(session, query);
}

std::vector<AgentRow> list_agents_of_type(platform::Session& session, std::string_view agent_type) {
  return platform::select<AgentRow>(session, "WHERE agent_type=? ORDER BY host", {agent_type});
}

std::optional<AgentRow> find_agent(platform::Session& session, const std::string& id) {
  return platform::find<AgentRow>(session, "WHERE id=?", {id});
}

std::optional<AgentRow> find_agent(platform::Session& session, std::string_view agent_type,
                                   const std::string& host) {
  return platform::find<AgentRow>(session, "WHERE agent_type=? AND host=?", {agent_type, host});
}

}  // namespace neutron::store
