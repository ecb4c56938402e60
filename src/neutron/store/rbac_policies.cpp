#include "neutron/store/rbac_policies.hpp"

namespace neutron::store {

std::string granted_ids(std::string_view object_type) {
  std::string sql = "SELECT object_id FROM rbac_policies WHERE object_type='";
  return sql.append(object_type).append("' AND target_project IN (?,?)");
}

std::string granted_ids(std::string_view object_type, std::string_view action) {
  std::string sql = granted_ids(object_type);
  return sql.append(" AND action='").append(action).append("'");
}

std::optional<RbacPolicyRow> find_rbac_policy(platform::Session& session, const std::string& id) {
  return platform::find<RbacPolicyRow>(session, "WHERE id=?", {id});
}

std::optional<RbacPolicyRow> find_grant_to_all(platform::Session& session,
                                               const std::string& object_id,
                                               std::string_view action) {
  return platform::find<RbacPolicyRow>(session,
                                       "WHERE object_id=? AND action=? AND target_project=?",
                                       {object_id, action, kAnyProject});
}

void delete_rbac_policies(platform::Session& session, const std::string& object_id) {
  session.execute("DELETE FROM rbac_policies WHERE object_id=?", {object_id});
}

}  // namespace neutron::store
