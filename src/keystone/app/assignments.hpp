// Who has which role on what, with all that follows from it: groups, inheritance, implied roles.
#pragma once

#include <string>
#include <vector>

#include "keystone/app/core.hpp"
#include "keystone/store/projects.hpp"
#include "keystone/store/roles.hpp"

namespace keystone::app {

// The roles that a token of the user for the target carries, implied ones included, domain
// specific ones left out (they only imply). Sorted by name.
[[nodiscard]] std::vector<store::Role> effective_roles(platform::Session& session,
                                                       const std::string& user_id,
                                                       std::string_view target_type,
                                                       const std::string& target_id);
// `roles` and all that they imply, without domain specific ones. Sorted by name.
[[nodiscard]] std::vector<store::Role> with_implied_roles(platform::Session& session,
                                                          const std::vector<std::string>& role_ids);
// Projects (not domains) and domains on which the user has a role, inherited ones included.
[[nodiscard]] std::vector<store::Project> list_projects_of_user(platform::Session& session,
                                                                const std::string& user_id);
[[nodiscard]] std::vector<store::Project> list_domains_of_user(platform::Session& session,
                                                               const std::string& user_id);

// A grant of a role: the actor, the target and the role must exist, else Error(not_found).
void create_grant(Core& core, const store::Assignment& grant);
// Throws Error(not_found) if there is none.
void check_grant(Core& core, const store::Assignment& grant);
void delete_grant(Core& core, const store::Assignment& grant);
// `grant.role_id` is not looked at.
[[nodiscard]] std::vector<store::Role> list_grants(Core& core, const store::Assignment& grant);

// An assignment as GET /role_assignments shows it: as it was made, or (effective) as it works.
struct AssignmentEntry {
  store::Assignment effective;  // who has which role on what
  store::Assignment origin;     // the grant that it follows from
  bool through_group = false;
  bool through_implication = false;
  std::string prior_role_id;  // through_implication: the granted role
};
struct AssignmentQuery {
  std::string user_id;
  std::string group_id;
  std::string role_id;
  std::string project_id;
  std::string domain_id;
  bool system = false;
  bool effective = false;
  bool subtree = false;  // with project_id: also the projects below
  bool inherited_only = false;
};
[[nodiscard]] std::vector<AssignmentEntry> list_role_assignments(platform::Session& session,
                                                                 const AssignmentQuery& query);

// All tokens that the actor got for the target end: it has lost a role there.
void revoke_for_grant(Change& change, const store::Assignment& grant);
}  // namespace keystone::app
