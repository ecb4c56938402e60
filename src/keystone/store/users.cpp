#include "keystone/store/users.hpp"

namespace keystone::store {

std::vector<User> list_users(platform::Session& session, const UserFilter& filter) {
  Conditions where;
  where.equal_if("domain_id", filter.domain_id)
      .equal_if("name", filter.name)
      .equal_if("enabled", filter.enabled);
  if (filter.password_expires_before)
    where.add("EXISTS (SELECT 1 FROM passwords p WHERE p.user_id=users.id AND p.expires_at<?)",
              {*filter.password_expires_before});
  if (filter.password_expires_after)
    where.add("EXISTS (SELECT 1 FROM passwords p WHERE p.user_id=users.id AND p.expires_at>?)",
              {*filter.password_expires_after});
  return list<User>(session, where);
}

std::optional<User> find_user(platform::Session& session, const std::string& name,
                              const std::string& domain_id) {
  return platform::find<User>(session, "WHERE domain_id=? AND name=?", {domain_id, name});
}

std::vector<Password> list_passwords(platform::Session& session, const std::string& user_id) {
  return platform::select<Password>(session, "WHERE user_id=? ORDER BY created_at DESC", {user_id});
}

std::optional<Password> find_password(platform::Session& session, const std::string& user_id) {
  return platform::find<Password>(session, "WHERE user_id=? ORDER BY created_at DESC LIMIT 1",
                                  {user_id});
}

std::vector<Group> list_groups_of_user(platform::Session& session, const std::string& user_id,
                                       const std::optional<std::string>& name) {
  Conditions where;
  where.add("id IN (SELECT group_id FROM group_members WHERE user_id=?)", {user_id})
      .equal_if("name", name);
  return list<Group>(session, where);
}

std::vector<User> list_users_of_group(platform::Session& session, const std::string& group_id) {
  return platform::select<User>(
      session, "WHERE id IN (SELECT user_id FROM group_members WHERE group_id=?) ORDER BY id",
      {group_id});
}

bool is_member(platform::Session& session, const std::string& group_id,
               const std::string& user_id) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM group_members WHERE group_id=? AND user_id=?",
                          {group_id, user_id}) > 0;
}

}  // namespace keystone::store
