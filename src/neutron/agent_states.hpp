// Neutron's agents, as its database has them: for `nephele status` and `doctor`.
#pragma once

#include <vector>

#include "openstack/role_state.hpp"
#include "platform/config.hpp"
#include "platform/database/database.hpp"

namespace neutron {

// By host. The remark says what an agent reported last that it can not do.
[[nodiscard]] std::vector<openstack::RoleState> list_agent_states(platform::Database& database,
                                                                  const platform::Config& config,
                                                                  base::TimePoint now);

}  // namespace neutron
