// Roles and what they imply.
#pragma once

#include "keystone/app/users.hpp"
#include "keystone/store/roles.hpp"

namespace keystone::app {

[[nodiscard]] store::Role create_role(Core& core, store::Role role);
[[nodiscard]] store::Role update_role(Core& core, const std::string& id,
                                      const Edit<store::Role>& edit);
// With its grants and implications; ends the tokens that carry it.
void delete_role(Core& core, const std::string& id);

// Throws forbidden for a global role that would imply a domain specific one, and for [assignment]
// prohibited_implied_role ("admin"). Idempotent.
struct RolePair {
  store::Role prior;
  store::Role implied;
};
RolePair create_implication(Core& core, const std::string& prior_id, const std::string& implied_id);
// Throws Error(not_found) if the role does not imply the other.
[[nodiscard]] RolePair get_implication(Core& core, const std::string& prior_id,
                                       const std::string& implied_id);
void delete_implication(Core& core, const std::string& prior_id, const std::string& implied_id);

}  // namespace keystone::app
