#include "keystone/app/users.hpp"

#include "base/json.hpp"
#include "keystone/app/assignments.hpp"
#include "keystone/app/authentication.hpp"
#include "openstack/schema.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration kDay = std::chrono::hours{24};

void check_name_is_free(platform::Session& session, const store::User& user) {
  const auto other = store::find_user(session, user.name, user.domain_id);
  if (other && other->id != user.id)
    throw conflict("user", fmt::format("name {} at domain ID {}", user.name, user.domain_id));
}

void check_name_is_free(platform::Session& session, const store::Group& group) {
  const auto other = store::find_group(session, group.name, group.domain_id);
  if (other && other->id != group.id)
    throw conflict("group", fmt::format("name {} at domain ID {}", group.name, group.domain_id));
}

void check_default_project(platform::Session& session, const store::User& user) {
  if (!user.default_project_id) return;
  const auto project = store::find_by_id<store::Project>(session, *user.default_project_id);
  if (project && project->is_domain)
    throw Error(ErrorKind::bad_request,
                fmt::format("User's default project ID cannot be a domain ID: {}", project->id));
}

void check_strength(const Core& core, const std::string& password) {
  if (password.empty()) throw Error(ErrorKind::bad_request, "The password can not be empty.");
  const Settings& settings = core.settings;
  if (settings.password_regex.empty()) return;
  if (openstack::Pattern(settings.password_regex).search(password)) return;
  throw Error(ErrorKind::bad_request,
              fmt::format("The password does not match the requirements: {}.",
                          settings.password_regex_description.empty()
                              ? settings.password_regex
                              : settings.password_regex_description));
}

std::optional<base::TimePoint> expiry(const Core& core, const store::User& user,
                                      base::TimePoint now) {
  const auto options = base::parse_json(user.options);
  if (core.settings.password_expires_days == 0 ||
      base::boolean_or(options, "ignore_password_expiry", false))
    return std::nullopt;
  return now + core.settings.password_expires_days * kDay;
}

enum class SetBy { administrator, user };

void store_password(const Core& core, Change& change, const store::User& user, std::string hash,
                    SetBy set_by) {
  store::Password password;
  password.id = change.new_id();
  password.user_id = user.id;
  password.hash = std::move(hash);
  password.self_service = set_by == SetBy::user;
  password.created_at = change.now;
  password.expires_at = expiry(core, user, change.now);
  const auto former = store::list_passwords(change.session, user.id);
  // Two changes within one microsecond would leave it open which one counts.
  if (!former.empty() && former.front().created_at >= password.created_at)
    password.created_at = former.front().created_at + base::Duration{1};
  // Of the former ones only those stay that the history rule will look at.
  const auto keep =
      static_cast<size_t>(std::max<int64_t>(core.settings.unique_last_password_count, 1));
  for (size_t i = keep - 1; i < former.size(); ++i)
    store::delete_password(change.session, former[i].id);
  platform::insert(change.session, password);
}

// Compared outside of any transaction: each comparison costs a bcrypt.
void check_history(Core& core, const std::string& user_id, const std::string& password) {
  const int64_t count = core.settings.unique_last_password_count;
  if (count == 0) return;
  const auto former = core.read(
      [&](platform::Session& session) { return store::list_passwords(session, user_id); });
  for (size_t i = 0; i < former.size() && static_cast<int64_t>(i) < count; ++i)
    if (core.passwords.matches(password, former[i].hash))
      throw Error(
          ErrorKind::bad_request,
          fmt::format("Changed password cannot be identical to the last {} passwords.", count));
}

void check_age(Core& core, const std::string& user_id) {
  const int64_t days = core.settings.minimum_password_age_days;
  if (days == 0) return;
  const auto current =
      core.read([&](platform::Session& session) { return store::find_password(session, user_id); });
  if (!current || !current->self_service) return;
  const base::Duration left = current->created_at + days * kDay - core.runtime.clock.now();
  if (left > base::Duration::zero())
    throw Error(ErrorKind::bad_request,
                fmt::format("Cannot change password before minimum age {} days is met. Users can "
                            "change their password after {} more day(s).",
                            days, left / kDay + 1));
}

}  // namespace

base::Error conflict(std::string_view kind, const std::string& what) {
  return {ErrorKind::conflict,
          fmt::format("Conflict occurred attempting to store {} - Duplicate entry found with {}.",
                      kind, what)};
}

void refuse_if_immutable(const std::string& options, std::string_view kind, const std::string& id) {
  if (!base::boolean_or(base::parse_json(options), "immutable", false)) return;
  throw Error(ErrorKind::forbidden,
              fmt::format("The {0} {1} is immutable. Set its option \"immutable\" to false before "
                          "changing or deleting it.",
                          kind, id));
}

store::User create_user(Core& core, store::User user, const std::optional<std::string>& password) {
  std::optional<std::string> hash;
  if (password) {
    check_strength(core, *password);
    hash = core.passwords.hash(*password);
  }
  return core.change("create_user", [&](Change& change) {
    store::User created = user;
    (void)store::get_domain(change.session, created.domain_id);
    created.id = change.new_id();
    created.created_at = change.now;
    check_name_is_free(change.session, created);
    check_default_project(change.session, created);
    platform::insert(change.session, created);
    if (hash) store_password(core, change, created, *hash, SetBy::administrator);
    return created;
  });
}

store::User update_user(Core& core, const std::string& id, const Edit<store::User>& edit,
                        const std::optional<std::string>& password) {
  std::optional<std::string> hash;
  if (password) {
    check_strength(core, *password);
    hash = core.passwords.hash(*password);
  }
  return core.change("update_user", [&](Change& change) {
    auto user = store::get_by_id<store::User>(change.session, id);
    const bool was_enabled = user.enabled;
    edit(user);
    check_name_is_free(change.session, user);
    check_default_project(change.session, user);
    platform::update(change.session, user);
    if (hash) store_password(core, change, user, *hash, SetBy::administrator);
    if (hash || (was_enabled && !user.enabled)) change.revoke_user(id);
    return user;
  });
}

void delete_user_rows(Change& change, const std::string& id) {
  store::delete_user(change.session, id);
  change.revoke_user(id);
}

void delete_user(Core& core, const std::string& id) {
  core.change("delete_user", [&](Change& change) { delete_user_rows(change, id); });
}

void change_password(Core& core, const std::string& id, const std::string& original,
                     const std::string& password) {
  const auto user = core.read(
      [&](platform::Session& session) { return store::find_by_id<store::User>(session, id); });
  if (!user || !user->enabled) {
    core.passwords.pretend_to_verify(original);
    throw unauthorized(fmt::format("user {} is not there or disabled", id));
  }
  verify_password_to_change_it(core, *user, original);
  if (base::boolean_or(base::parse_json(user->options), "lock_password", false))
    throw Error(ErrorKind::bad_request,
                "Unable to change password due to the lock_password option of the user.");
  check_strength(core, password);
  check_age(core, id);
  check_history(core, id, password);
  const std::string hash = core.passwords.hash(password);
  core.change("change_password", [&](Change& change) {
    const auto current = store::get_by_id<store::User>(change.session, id);
    store_password(core, change, current, hash, SetBy::user);
    change.revoke_user(id);
  });
}

store::Group create_group(Core& core, store::Group group) {
  return core.change("create_group", [&](Change& change) {
    store::Group created = group;
    (void)store::get_domain(change.session, created.domain_id);
    created.id = change.new_id();
    check_name_is_free(change.session, created);
    platform::insert(change.session, created);
    return created;
  });
}

store::Group update_group(Core& core, const std::string& id, const Edit<store::Group>& edit) {
  return core.change("update_group", [&](Change& change) {
    auto group = store::get_by_id<store::Group>(change.session, id);
    edit(group);
    check_name_is_free(change.session, group);
    platform::update(change.session, group);
    return group;
  });
}

void delete_group_rows(Change& change, const std::string& id) {
  for (const store::User& user : store::list_users_of_group(change.session, id))
    change.revoke_user(user.id);
  store::delete_group(change.session, id);
}

void delete_group(Core& core, const std::string& id) {
  core.change("delete_group", [&](Change& change) { delete_group_rows(change, id); });
}

void add_member(Core& core, const std::string& group_id, const std::string& user_id) {
  core.change("add_member", [&](Change& change) {
    (void)store::get_by_id<store::Group>(change.session, group_id);
    (void)store::get_by_id<store::User>(change.session, user_id);
    store::ensure_member(change.session, group_id, user_id);
  });
}

namespace {
Error not_a_member(const std::string& group_id, const std::string& user_id) {
  return {ErrorKind::not_found,
          fmt::format("User '{}' not found in group '{}'.", user_id, group_id)};
}
}  // namespace

void check_member(Core& core, const std::string& group_id, const std::string& user_id) {
  core.read([&](platform::Session& session) {
    (void)store::get_by_id<store::Group>(session, group_id);
    (void)store::get_by_id<store::User>(session, user_id);
    if (!store::is_member(session, group_id, user_id)) throw not_a_member(group_id, user_id);
  });
}

void remove_member(Core& core, const std::string& group_id, const std::string& user_id) {
  core.change("remove_member", [&](Change& change) {
    (void)store::get_by_id<store::Group>(change.session, group_id);
    if (!store::delete_member(change.session, group_id, user_id))
      throw not_a_member(group_id, user_id);
    change.revoke_user(user_id);
  });
}

}  // namespace keystone::app
