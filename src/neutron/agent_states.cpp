#include "neutron/agent_states.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "neutron/store/agents.hpp"

namespace neutron {
namespace {

std::string problems_of(const store::AgentRow& agent) {
  const base::Json configurations = base::parse_json(agent.configurations);
  const base::Json* problems = base::find(configurations, "problems");
  if (problems == nullptr || !problems->is_array()) return "";
  std::vector<std::string> texts;
  for (const base::Json& problem : problems->get_array())
    texts.push_back(problem.is_string() ? std::string(problem.get_string())
                                        : base::to_text(problem));
  return base::join(texts, "; ");
}

}  // namespace

std::vector<openstack::RoleState> list_agent_states(platform::Database& database,
                                                    const platform::Config& config,
                                                    base::TimePoint now) {
  const base::TimePoint alive_after =
      now - std::chrono::seconds{config.integer("DEFAULT", "agent_down_time")};
  return database.read([&](platform::Session& session) {
    std::vector<openstack::RoleState> states;
    for (const store::AgentRow& agent :
         store::list_agents(session, {{}, {" ORDER BY host, agent_type", {}}})) {
      openstack::RoleState state;
      state.role = agent.binary_name;
      state.host = agent.host;
      state.up = agent.heartbeat_timestamp >= alive_after;
      state.enabled = agent.admin_state_up;
      state.remark = problems_of(agent);
      state.reported = agent.heartbeat_timestamp;
      states.push_back(std::move(state));
    }
    return states;
  });
}

}  // namespace neutron
