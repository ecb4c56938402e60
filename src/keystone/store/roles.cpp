#include "keystone/store/roles.hpp"

namespace keystone::store {
namespace {

constexpr std::string_view kSame =
    " WHERE actor_type=? AND actor_id=? AND target_type=? AND target_id=? AND role_id=? AND "
    "inherited=?";

platform::SqlValues values_of(const Assignment& a) {
  return {a.actor_type, a.actor_id, a.target_type, a.target_id, a.role_id, a.inherited};
}

}  // namespace

std::optional<Role> find_role(platform::Session& session, const std::string& name,
                              const std::string& domain_id) {
  return platform::find<Role>(session, "WHERE domain_id=? AND name=?", {domain_id, name});
}

std::vector<ImpliedRole> list_implied_roles(platform::Session& session) {
  return platform::select<ImpliedRole>(session, "ORDER BY prior_role_id, implied_role_id");
}

std::vector<Assignment> list_assignments(platform::Session& session,
                                         const AssignmentFilter& filter) {
  Conditions where;
  where.equal_if("actor_type", filter.actor_type)
      .equal_if("actor_id", filter.actor_id)
      .equal_if("target_type", filter.target_type)
      .equal_if("target_id", filter.target_id)
      .equal_if("role_id", filter.role_id)
      .equal_if("inherited", filter.inherited);
  return list<Assignment>(session, where, "");
}

bool has_assignment(platform::Session& session, const Assignment& assignment) {
  static const std::string sql = "SELECT COUNT(*) FROM assignments" + std::string(kSame);
  return platform::number(session, sql, values_of(assignment)) > 0;
}

void ensure_assignment(platform::Session& session, const Assignment& assignment) {
  if (!has_assignment(session, assignment)) platform::insert(session, assignment);
}

bool delete_assignment(platform::Session& session, const Assignment& assignment) {
  static const std::string sql = "DELETE FROM assignments" + std::string(kSame);
  return session.change(sql, values_of(assignment)) > 0;
}

std::vector<Assignment> list_assignments_of_user(platform::Session& session,
                                                 const std::string& user_id) {
  return platform::select<Assignment>(
      session,
      "WHERE (actor_type='user' AND actor_id=?) OR (actor_type='group' AND actor_id IN (SELECT "
      "group_id FROM group_members WHERE user_id=?))",
      {user_id, user_id});
}

bool implies(platform::Session& session, const ImpliedRole& rule) {
  return platform::number(
             session,
             "SELECT COUNT(*) FROM implied_roles WHERE prior_role_id=? AND implied_role_id=?",
             {rule.prior_role_id, rule.implied_role_id}) > 0;
}

bool delete_implied_role(platform::Session& session, const ImpliedRole& rule) {
  return session.change("DELETE FROM implied_roles WHERE prior_role_id=? AND implied_role_id=?",
                        {rule.prior_role_id, rule.implied_role_id}) > 0;
}

void delete_role(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM assignments WHERE role_id=?", {id});
  session.execute("DELETE FROM implied_roles WHERE prior_role_id=? OR implied_role_id=?", {id, id});
  delete_by_id<Role>(session, id);
}

}  // namespace keystone::store
