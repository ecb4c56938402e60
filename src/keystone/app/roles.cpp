#include "keystone/app/roles.hpp"

#include "keystone/store/projects.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;
using store::Role;

constexpr std::string_view kNeverImplied = "admin";

void check_name_is_free(platform::Session& session, const Role& role) {
  const auto other = store::find_role(session, role.name, role.domain_id);
  if (other && other->id != role.id) throw conflict("role", fmt::format("name {}", role.name));
}

RolePair get_pair(platform::Session& session, const std::string& prior_id,
                  const std::string& implied_id) {
  return {store::get_by_id<Role>(session, prior_id), store::get_by_id<Role>(session, implied_id)};
}

Error not_implied(const RolePair& pair) {
  return {ErrorKind::not_found,
          fmt::format("{} does not imply {}.", pair.prior.id, pair.implied.id)};
}

}  // namespace

Role create_role(Core& core, Role role) {
  return core.change("create_role", [&](Change& change) {
    Role created = role;
    if (!created.domain_id.empty()) (void)store::get_domain(change.session, created.domain_id);
    created.id = change.new_id();
    check_name_is_free(change.session, created);
    platform::insert(change.session, created);
    return created;
  });
}

Role update_role(Core& core, const std::string& id, const Edit<Role>& edit) {
  return core.change("update_role", [&](Change& change) {
    Role role = store::get_by_id<Role>(change.session, id);
    const Role before = role;
    edit(role);
    if (role.options == before.options) refuse_if_immutable(before.options, "role", id);
    if (role.domain_id != before.domain_id)
      throw Error(ErrorKind::bad_request, "Update of `domain_id` is not allowed.");
    check_name_is_free(change.session, role);
    platform::update(change.session, role);
    // The name is inside the tokens that carry the role.
    if (role.name != before.name) change.revoke_role(id);
    return role;
  });
}

void delete_role(Core& core, const std::string& id) {
  core.change("delete_role", [&](Change& change) {
    refuse_if_immutable(store::get_by_id<Role>(change.session, id).options, "role", id);
    store::delete_role(change.session, id);
    change.revoke_role(id);
  });
}

RolePair create_implication(Core& core, const std::string& prior_id,
                            const std::string& implied_id) {
  return core.change("create_implication", [&](Change& change) {
    RolePair pair = get_pair(change.session, prior_id, implied_id);
    if (pair.implied.name == kNeverImplied && pair.implied.domain_id.empty())
      throw Error(ErrorKind::forbidden,
                  fmt::format("{} cannot be an implied role.", pair.implied.id));
    if (!pair.implied.domain_id.empty() && pair.prior.domain_id.empty())
      throw Error(ErrorKind::forbidden,
                  "A domain specific role can not be implied by a global role.");
    const store::ImpliedRole rule{prior_id, implied_id};
    if (!store::implies(change.session, rule)) platform::insert(change.session, rule);
    return pair;
  });
}

RolePair get_implication(Core& core, const std::string& prior_id, const std::string& implied_id) {
  return core.read([&](platform::Session& session) {
    RolePair pair = get_pair(session, prior_id, implied_id);
    if (!store::implies(session, {prior_id, implied_id})) throw not_implied(pair);
    return pair;
  });
}

void delete_implication(Core& core, const std::string& prior_id, const std::string& implied_id) {
  core.change("delete_implication", [&](Change& change) {
    const RolePair pair = get_pair(change.session, prior_id, implied_id);
    if (!store::delete_implied_role(change.session, {prior_id, implied_id}))
      throw not_implied(pair);
    change.revoke_role(implied_id);
  });
}

}  // namespace keystone::app
