// Views that more than one resource shows.
#pragma once

#include "neutron/api/view.hpp"
#include "neutron/store/agents.hpp"
#include "neutron/store/security_groups.hpp"

namespace neutron::api {

void write_rule(ObjectView& view, const store::RuleRow& rule);
void write_agent(ObjectView& view, const store::AgentRow& agent, bool alive);

}  // namespace neutron::api
