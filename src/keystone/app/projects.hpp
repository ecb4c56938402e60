// Projects and domains: the tree, its depth, and what goes with them.
#pragma once

#include "keystone/app/users.hpp"
#include "keystone/store/projects.hpp"

namespace keystone::app {

// A new project with domain_id, parent_id and is_domain as the client asked; what is missing is
// filled in. Throws not_found (domain, parent), conflict (name), forbidden (depth), bad_request.
[[nodiscard]] store::Project create_project(Core& core, store::Project project,
                                            const std::vector<std::string>& tags);
// Disabling ends the tokens of the project; of a domain: those of all that is in it.
[[nodiscard]] store::Project update_project(Core& core, const std::string& id,
                                            const Edit<store::Project>& edit,
                                            const std::optional<std::vector<std::string>>& tags);
// Throws Error(forbidden) for a project with children.
void delete_project(Core& core, const std::string& id);

// A domain that must be disabled to be deleted; its users, groups, projects and roles go with it.
[[nodiscard]] store::Project update_domain(Core& core, const std::string& id,
                                           const Edit<store::Project>& edit);
void delete_domain(Core& core, const std::string& id);

}  // namespace keystone::app
