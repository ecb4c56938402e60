#include "neutron/store/security_groups.hpp"

#include <unordered_map>

#include "neutron/store/rbac_policies.hpp"

namespace neutron::store {

std::vector<SecurityGroup> list_security_groups(platform::Session& session, const ListQuery& query,
                                                const std::string& project_id) {
  std::vector<SecurityGroup> groups;
  for (auto& row : select_list<SecurityGroupRow>(session, query)) {
    groups.emplace_back();
    groups.back().row = std::move(row);
  }
  std::unordered_map<std::string_view, SecurityGroup*> by_id;
  std::vector<std::string> ids;
  for (SecurityGroup& group : groups) {
    by_id[group.row.id] = &group;
    ids.push_back(group.row.id);
  }
  for (auto& rule : select_in<RuleRow>(session, "security_group_id", ids, "ORDER BY created_at"))
    by_id.at(rule.security_group_id)->rules.push_back(std::move(rule));
  for (const auto& grant : select_in<RbacPolicyRow>(session, "object_id", ids))
    if (grant.target_project == kAnyProject || grant.target_project == project_id)
      by_id.at(grant.object_id)->shared = true;
  return groups;
}

std::optional<SecurityGroup> find_security_group(platform::Session& session, const std::string& id,
                                                 const std::string& project_id) {
  auto groups = list_security_groups(session, {{" AND id=?", {id}}, {}}, project_id);
  if (groups.empty()) return std::nullopt;
  return std::move(groups.front());
}

std::vector<RuleRow> list_rules_of_group(platform::Session& session, const std::string& group_id) {
  return platform::select<RuleRow>(session, "WHERE security_group_id=? ORDER BY created_at, id",
                                   {group_id});
}

std::optional<std::string> find_default_group(platform::Session& session,
                                              const std::string& project_id) {
  const auto row = platform::find<DefaultGroupRow>(session, "WHERE project_id=?", {project_id});
  if (!row) return std::nullopt;
  return row->security_group_id;
}

}  // namespace neutron::store
