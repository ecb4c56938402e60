// Agents: what reports, and whether it is alive.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/agents.hpp"

namespace neutron::app {

// Thread-safe.
class Agents {
 public:
  explicit Agents(Core& core) : core_(core) {}

  [[nodiscard]] std::vector<store::AgentRow> list(const store::ListQuery& query);
  [[nodiscard]] store::AgentRow get(const std::string& id);
  [[nodiscard]] store::AgentRow update(const std::string& id, const Attributes& changes);
  void remove(const std::string& id);
  [[nodiscard]] bool is_alive(const store::AgentRow& agent) const {
    return core_.is_alive(agent.heartbeat_timestamp);
  }
  // A heartbeat.
  [[nodiscard]] AgentStanding report(const ReportAgentState& state);

 private:
  Core& core_;
};

}  // namespace neutron::app
