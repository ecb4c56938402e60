// Users, their passwords and their groups.
#pragma once

#include <map>

#include "keystone/store/entity.hpp"

namespace keystone::store {

struct User {
  static constexpr std::string_view kTable = "users";
  static constexpr std::string_view kKind = "user";
  std::string id;
  std::string domain_id;
  std::string name;
  bool enabled = true;
  std::optional<std::string> default_project_id;
  base::TimePoint created_at{};
  int64_t failed_auth_count = 0;
  base::TimePoint failed_auth_at{};
  std::string extra = "{}";    // JSON object: description, email and whatever clients sent
  std::string options = "{}";  // JSON object: "ignore_password_expiry", ...
};
BOOST_DESCRIBE_STRUCT(User, (),
                      (id, domain_id, name, enabled, default_project_id, created_at,
                       failed_auth_count, failed_auth_at, extra, options))

struct Password {
  static constexpr std::string_view kTable = "passwords";
  std::string id;
  std::string user_id;
  std::string hash;           // bcrypt
  bool self_service = false;  // the user's own change, not an administrator's
  base::TimePoint created_at{};
  std::optional<base::TimePoint> expires_at;
};
BOOST_DESCRIBE_STRUCT(Password, (), (id, user_id, hash, self_service, created_at, expires_at))

struct Group {
  static constexpr std::string_view kTable = "user_groups";
  static constexpr std::string_view kKind = "group";
  std::string id;
  std::string domain_id;
  std::string name;
  std::string description;
  std::string extra = "{}";
};
BOOST_DESCRIBE_STRUCT(Group, (), (id, domain_id, name, description, extra))

struct UserFilter {
  std::optional<std::string> domain_id;
  std::optional<std::string> name;
  std::optional<bool> enabled;
  std::optional<base::TimePoint> password_expires_before;
  std::optional<base::TimePoint> password_expires_after;
};
[[nodiscard]] std::vector<User> list_users(platform::Session& session, const UserFilter& filter);
[[nodiscard]] std::optional<User> find_user(platform::Session& session, const std::string& name,
                                            const std::string& domain_id);

// Newest first.
[[nodiscard]] std::vector<Password> list_passwords(platform::Session& session,
                                                   const std::string& user_id);
[[nodiscard]] std::optional<Password> find_password(platform::Session& session,
                                                    const std::string& user_id);

[[nodiscard]] std::vector<Group> list_groups_of_user(platform::Session& session,
                                                     const std::string& user_id,
                                                     const std::optional<std::string>& name = {});
[[nodiscard]] std::vector<User> list_users_of_group(platform::Session& session,
                                                    const std::string& group_id);
[[nodiscard]] bool is_member(platform::Session& session, const std::string& group_id,
                             const std::string& user_id);

// With passwords, memberships, grants and everything the user handed out.
void delete_user(platform::Session& session, const std::string& id);
void delete_password(platform::Session& session, const std::string& id);
void delete_passwords_of_user(platform::Session& session, const std::string& user_id);
void set_failed_sign_ins(platform::Session& session, const std::string& user_id, int64_t count,
                         base::TimePoint at);
// When the newest password of each user expires, if it does.
[[nodiscard]] std::map<std::string, base::TimePoint> list_password_expiries(
    platform::Session& session);

[[nodiscard]] std::optional<Group> find_group(platform::Session& session, const std::string& name,
                                              const std::string& domain_id);
// With memberships and grants.
void delete_group(platform::Session& session, const std::string& id);
void ensure_member(platform::Session& session, const std::string& group_id,
                   const std::string& user_id);
// False if the user was not in the group.
bool delete_member(platform::Session& session, const std::string& group_id,
                   const std::string& user_id);

}  // namespace keystone::store
