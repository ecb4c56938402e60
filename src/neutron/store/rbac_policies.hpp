// Who may use what belongs to another project.
#pragma once

#include "neutron/store/fragments.hpp"

namespace neutron::store {

inline constexpr std::string_view kAccessAsShared = "access_as_shared";
inline constexpr std::string_view kAccessAsExternal = "access_as_external";
inline constexpr std::string_view kAnyProject = "*";

struct RbacPolicyRow {
  static constexpr std::string_view kTable = "rbac_policies";
  std::string id;
  std::string project_id;  // who granted it
  std::string object_type;
  std::string object_id;
  std::string action;
  std::string target_project;  // a project's id or "*"
};
BOOST_DESCRIBE_STRUCT(RbacPolicyRow, (),
                      (id, project_id, object_type, object_id, action, target_project))

// Condition with two values (project, then "*"): the ids of objects of a type that are granted to a
// project, with whatever action.
[[nodiscard]] std::string granted_ids(std::string_view object_type);
// The same for one action only.
[[nodiscard]] std::string granted_ids(std::string_view object_type, std::string_view action);
[[nodiscard]] std::optional<RbacPolicyRow> find_rbac_policy(platform::Session& session,
                                                            const std::string& id);
// The grant of an action on an object to all projects.
[[nodiscard]] std::optional<RbacPolicyRow> find_grant_to_all(platform::Session& session,
                                                             const std::string& object_id,
                                                             std::string_view action);
void delete_rbac_policies(platform::Session& session, const std::string& object_id);

}  // namespace neutron::store
