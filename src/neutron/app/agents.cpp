#include "neutron/app/agents.hpp"

namespace neutron::app {

std::vector<store::AgentRow> Agents::list(const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) { return store::list_agents(session, query); });
}

store::AgentRow Agents::get(const std::string& id) {
  const auto agent =
      core_.read([&](platform::Session& session) { return store::find_agent(session, id); });
  if (!agent) throw agent_not_found(id);
  return *agent;
}

store::AgentRow Agents::update(const std::string& id, const Attributes& changes) {
  return core_.write("update_agent", [&](platform::Session& session, Changes&) {
    auto agent = store::find_agent(session, id);
    if (!agent) throw agent_not_found(id);
    assign(agent->admin_state_up, changes, "admin_state_up");
    assign(agent->description, changes, "description");
    platform::update(session, *agent);
    return *agent;
  });
}

void Agents::remove(const std::string& id) {
  core_.write("delete_agent", [&](platform::Session& session, Changes&) {
    session.execute("DELETE FROM dhcp_agent_networks WHERE agent_id=?", {id});
    if (session.change("DELETE FROM agents WHERE id=?", {id}) == 0) throw agent_not_found(id);
  });
}

AgentStanding Agents::report(const ReportAgentState& state) {
  return core_.write("report_agent_state", [&](platform::Session& session, Changes&) {
    auto agent = store::find_agent(session, state.agent_type, state.host);
    const bool known = agent.has_value();
    if (!known) {
      agent.emplace();
      agent->id = core_.new_id();
      agent->agent_type = state.agent_type;
      agent->host = state.host;
      agent->created_at = agent->started_at = core_.now();
    }
    agent->binary_name = state.binary;
    agent->topic = state.agent_type == kDhcpAgentType ? "dhcp_agent" : "N/A";
    agent->configurations =
        state.configurations.is_object() ? base::to_text(state.configurations) : "{}";
    agent->heartbeat_timestamp = core_.now();
    if (state.start) agent->started_at = core_.now();
    if (known)
      platform::update(session, *agent);
    else
      platform::insert(session, *agent);
    return AgentStanding{agent->admin_state_up};
  });
}

}  // namespace neutron::app
