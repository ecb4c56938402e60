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

void delete_user(platform::Session& session, const std::string& id) {
  for (const char* sql :
       {"DELETE FROM passwords WHERE user_id=?", "DELETE FROM group_members WHERE user_id=?",
        "DELETE FROM credentials WHERE user_id=?", "DELETE FROM access_rules WHERE user_id=?",
        "DELETE FROM application_credentials WHERE user_id=?",
        "DELETE FROM trusts WHERE trustor_user_id=?", "DELETE FROM trusts WHERE trustee_user_id=?",
        "DELETE FROM assignments WHERE actor_type='user' AND actor_id=?"})
    session.execute(sql, {id});
  delete_by_id<User>(session, id);
}

void delete_password(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM passwords WHERE id=?", {id});
}

void delete_passwords_of_user(platform::Session& session, const std::string& user_id) {
  session.execute("DELETE FROM passwords WHERE user_id=?", {user_id});
}

void set_failed_sign_ins(platform::Session& session, const std::string& user_id, int64_t count,
                         base::TimePoint at) {
  session.execute("UPDATE users SET failed_auth_count=?, failed_auth_at=? WHERE id=?",
                  {count, at, user_id});
}

std::map<std::string, base::TimePoint> list_password_expiries(platform::Session& session) {
  std::map<std::string, base::TimePoint> expiries;
  session.query("SELECT user_id, expires_at FROM passwords WHERE expires_at>0 ORDER BY created_at",
                {}, [&](const platform::SqlRow& row) {
                  expiries[row.get<std::string>(0)] = row.get<base::TimePoint>(1);
                });
  return expiries;
}

std::optional<Group> find_group(platform::Session& session, const std::string& name,
                                const std::string& domain_id) {
  return platform::find<Group>(session, "WHERE domain_id=? AND name=?", {domain_id, name});
}

void delete_group(platform::Session& session, const std::string& id) {
  session.execute("DELETE FROM assignments WHERE actor_type='group' AND actor_id=?", {id});
  session.execute("DELETE FROM group_members WHERE group_id=?", {id});
  delete_by_id<Group>(session, id);
}

void ensure_member(platform::Session& session, const std::string& group_id,
                   const std::string& user_id) {
  if (is_member(session, group_id, user_id)) return;
  session.execute("INSERT INTO group_members (group_id, user_id) VALUES (?,?)",
                  {group_id, user_id});
}

bool delete_member(platform::Session& session, const std::string& group_id,
                   const std::string& user_id) {
  return session.change("DELETE FROM group_members WHERE group_id=? AND user_id=?",
                        {group_id, user_id}) > 0;
}

}  // namespace keystone::store
