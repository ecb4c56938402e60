// Roles, which roles a role implies, and who has a role on what.
#pragma once

#include "keystone/store/entity.hpp"

namespace keystone::store {

struct Role {
  static constexpr std::string_view kTable = "roles";
  static constexpr std::string_view kKind = "role";
  std::string id;
  std::string domain_id;  // "" for a global role
  std::string name;
  std::optional<std::string> description;
  std::string extra = "{}";
  std::string options = "{}";
};
BOOST_DESCRIBE_STRUCT(Role, (), (id, domain_id, name, description, extra, options))

struct ImpliedRole {
  static constexpr std::string_view kTable = "implied_roles";
  std::string prior_role_id;
  std::string implied_role_id;
};
BOOST_DESCRIBE_STRUCT(ImpliedRole, (), (prior_role_id, implied_role_id))

inline constexpr std::string_view kUserActor = "user";
inline constexpr std::string_view kGroupActor = "group";
inline constexpr std::string_view kProjectTarget = "project";
inline constexpr std::string_view kDomainTarget = "domain";
inline constexpr std::string_view kSystemTarget = "system";
inline constexpr std::string_view kSystemTargetId = "all";

struct Assignment {
  static constexpr std::string_view kTable = "assignments";
  std::string actor_type;
  std::string actor_id;
  std::string target_type;
  std::string target_id;
  std::string role_id;
  bool inherited = false;  // holds for the projects below the target, not for the target
  friend auto operator<=>(const Assignment&, const Assignment&) = default;
};
BOOST_DESCRIBE_STRUCT(Assignment, (),
                      (actor_type, actor_id, target_type, target_id, role_id, inherited))

[[nodiscard]] std::optional<Role> find_role(platform::Session& session, const std::string& name,
                                            const std::string& domain_id);
[[nodiscard]] std::vector<ImpliedRole> list_implied_roles(platform::Session& session);

struct AssignmentFilter {
  std::optional<std::string> actor_type;
  std::optional<std::string> actor_id;
  std::optional<std::string> target_type;
  std::optional<std::string> target_id;
  std::optional<std::string> role_id;
  std::optional<bool> inherited;
};
[[nodiscard]] std::vector<Assignment> list_assignments(platform::Session& session,
                                                       const AssignmentFilter& filter);
[[nodiscard]] bool has_assignment(platform::Session& session, const Assignment& assignment);
// Idempotent.
void ensure_assignment(platform::Session& session, const Assignment& assignment);
// False if there was none.
bool delete_assignment(platform::Session& session, const Assignment& assignment);
// Direct assignments of a user and of the groups it is in.
[[nodiscard]] std::vector<Assignment> list_assignments_of_user(platform::Session& session,
                                                               const std::string& user_id);

[[nodiscard]] bool implies(platform::Session& session, const ImpliedRole& rule);
// False if there was none.
bool delete_implied_role(platform::Session& session, const ImpliedRole& rule);
// With its grants and implications.
void delete_role(platform::Session& session, const std::string& id);

}  // namespace keystone::store
