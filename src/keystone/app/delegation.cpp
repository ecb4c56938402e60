#include "keystone/app/delegation.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "keystone/app/assignments.hpp"
#include "keystone/app/users.hpp"
#include "keystone/store/users.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;
using store::AccessRule;
using store::ApplicationCredential;
using store::Role;
using store::Trust;

// A token that was delegated may not delegate on, unless its owner said that it may.
void refuse_delegated_token(Core& core, const openstack::Context& context,
                            platform::Session& session) {
  const auto token = core.tokens.validate(context.token);
  if (!token || token->application_credential_id.empty()) return;
  const auto credential =
      store::find_by_id<ApplicationCredential>(session, token->application_credential_id);
  if (credential && credential->is_unrestricted) return;
  throw Error(ErrorKind::forbidden,
              "Using method 'application_credential' is not allowed for managing additional "
              "application credentials or trusts.");
}

Role get_role(platform::Session& session, const RoleReference& reference) {
  if (!reference.id.empty()) return store::get_by_id<Role>(session, reference.id);
  auto role = store::find_role(session, reference.name, "");
  if (!role) throw store::not_found("role", reference.name);
  return std::move(*role);
}

std::vector<std::string> choose_roles(platform::Session& session,
                                      const openstack::Identity& identity,
                                      const std::vector<RoleReference>& wanted) {
  if (wanted.empty()) return identity.role_ids;
  // The user's present roles count: some may have been granted after the token was issued.
  const auto held =
      effective_roles(session, identity.user_id, store::kProjectTarget, identity.project_id);
  std::vector<std::string> ids;
  for (const RoleReference& reference : wanted) {
    const Role role = get_role(session, reference);
    if (std::ranges::find(held, role.id, &Role::id) == held.end())
      throw Error(ErrorKind::bad_request,
                  fmt::format("Invalid application credential: the user has no role {} in the "
                              "project {}.",
                              role.name, identity.project_id));
    ids.push_back(role.id);
  }
  return ids;
}

// Rules are the user's: the same rule twice is one row.
std::string ensure_access_rule(Change& change, const std::string& user_id,
                               const AccessRuleSpec& spec) {
  if (!spec.id.empty()) return get_access_rule(change.session, user_id, spec.id).id;
  const AccessRule rule{change.new_id(), user_id, spec.service, spec.path, spec.method};
  if (const auto same = store::find_same(change.session, rule)) return same->id;
  platform::insert(change.session, rule);
  return rule.id;
}

std::string random_secret(platform::Random& random) {
  std::string secret = base::to_base64_url(random.bytes(64));
  secret.erase(secret.find_last_not_of('=') + 1);
  return secret;
}

void refuse_past(const Core& core, const std::optional<base::TimePoint>& expires_at) {
  if (expires_at && *expires_at < core.runtime.clock.now())
    throw Error(ErrorKind::bad_request, "Expiration time must be in the future.");
}

}  // namespace

std::vector<std::string> ids_in(const std::string& json_array) {
  std::vector<std::string> ids;
  const base::Json array = base::parse_json(json_array);
  for (const base::Json& id : array.as_array()) ids.emplace_back(id.as_string());
  return ids;
}

std::string to_json_array(const std::vector<std::string>& ids) {
  return base::to_text(base::Json(base::JsonArray(ids.begin(), ids.end())));
}

std::vector<Role> roles_in(platform::Session& session, const std::string& json_array) {
  std::vector<Role> roles;
  for (const std::string& id : ids_in(json_array))
    if (auto role = store::find_by_id<Role>(session, id)) roles.push_back(std::move(*role));
  return roles;
}

NewApplicationCredential create_application_credential(Core& core,
                                                       const openstack::Context& context,
                                                       const ApplicationCredentialSpec& spec) {
  refuse_past(core, spec.expires_at);
  const openstack::Identity& identity = context.identity;
  if (identity.project_id.empty())
    throw Error(ErrorKind::bad_request,
                "Application credentials need a token with a project as its scope.");
  std::string secret = spec.secret ? *spec.secret : random_secret(core.runtime.random);
  const std::string hash = core.passwords.hash(secret);
  auto credential = core.change("create_application_credential", [&](Change& change) {
    refuse_delegated_token(core, context, change.session);
    ApplicationCredential row;
    row.id = change.new_id();
    row.user_id = spec.user_id;
    row.project_id = identity.project_id;
    row.name = spec.name;
    row.description = spec.description;
    row.secret_hash = hash;
    row.is_unrestricted = spec.is_unrestricted;
    row.expires_at = spec.expires_at;
    row.created_at = change.now;
    if (store::find_application_credential(change.session, row.user_id, row.name))
      throw conflict("application_credential", fmt::format("name {}", row.name));
    row.roles = to_json_array(choose_roles(change.session, identity, spec.roles));
    std::vector<std::string> rules;
    for (const AccessRuleSpec& rule : spec.access_rules)
      rules.push_back(ensure_access_rule(change, row.user_id, rule));
    row.access_rules = to_json_array(rules);
    platform::insert(change.session, row);
    return row;
  });
  return {std::move(credential), std::move(secret)};
}

ApplicationCredential get_application_credential(platform::Session& session,
                                                 const std::string& user_id,
                                                 const std::string& id) {
  auto credential = store::get_by_id<ApplicationCredential>(session, id);
  if (credential.user_id != user_id) throw store::not_found(ApplicationCredential::kKind, id);
  return credential;
}

void delete_application_credential(Core& core, const openstack::Context& context,
                                   const std::string& user_id, const std::string& id) {
  core.change("delete_application_credential", [&](Change& change) {
    refuse_delegated_token(core, context, change.session);
    (void)get_application_credential(change.session, user_id, id);
    store::delete_by_id<ApplicationCredential>(change.session, id);
    openstack::RevocationEvent event;
    event.application_credential_id = id;
    change.revoke(std::move(event));
  });
}

AccessRule get_access_rule(platform::Session& session, const std::string& user_id,
                           const std::string& id) {
  auto rule = store::get_by_id<AccessRule>(session, id);
  if (rule.user_id != user_id) throw store::not_found(AccessRule::kKind, id);
  return rule;
}

void delete_access_rule(Core& core, const std::string& user_id, const std::string& id) {
  core.change("delete_access_rule", [&](Change& change) {
    (void)get_access_rule(change.session, user_id, id);
    for (const auto& credential : store::list_application_credentials(change.session, user_id)) {
      const auto rules = ids_in(credential.access_rules);
      if (std::ranges::find(rules, id) != rules.end())
        throw Error(ErrorKind::forbidden,
                    "Could not delete the access rule: it is used by an application credential.");
    }
    store::delete_by_id<AccessRule>(change.session, id);
  });
}

Trust create_trust(Core& core, const openstack::Context& context, const TrustSpec& spec) {
  refuse_past(core, spec.expires_at);
  if (spec.project_id && spec.roles.empty())
    throw Error(ErrorKind::forbidden, "At least one role should be specified.");
  return core.change("create_trust", [&](Change& change) {
    refuse_delegated_token(core, context, change.session);
    const auto token = core.tokens.validate(context.token);
    if (token && !token->trust_id.empty())
      throw Error(ErrorKind::forbidden, "Redelegation of trusts is not allowed.");
    (void)store::get_by_id<store::User>(change.session, spec.trustee_user_id);
    Trust trust;
    trust.id = change.new_id();
    trust.trustor_user_id = spec.trustor_user_id;
    trust.trustee_user_id = spec.trustee_user_id;
    trust.project_id = spec.project_id;
    trust.impersonation = spec.impersonation;
    trust.expires_at = spec.expires_at;
    trust.remaining_uses = spec.remaining_uses;
    trust.created_at = change.now;
    std::vector<std::string> roles;
    if (spec.project_id) {
      (void)store::get_by_id<store::Project>(change.session, *spec.project_id);
      const auto held = effective_roles(change.session, spec.trustor_user_id, store::kProjectTarget,
                                        *spec.project_id);
      for (const RoleReference& reference : spec.roles) {
        const Role role = get_role(change.session, reference);
        if (std::ranges::find(held, role.id, &Role::id) == held.end())
          throw store::not_found("role", role.id);
        roles.push_back(role.id);
      }
    }
    trust.roles = to_json_array(roles);
    platform::insert(change.session, trust);
    return trust;
  });
}

Trust get_trust(platform::Session& session, const std::string& id) {
  auto trust = store::get_by_id<Trust>(session, id);
  if (trust.deleted_at) throw store::not_found(Trust::kKind, id);
  return trust;
}

void delete_trust(Core& core, const std::string& id) {
  core.change("delete_trust", [&](Change& change) {
    Trust trust = get_trust(change.session, id);
    trust.deleted_at = change.now;
    platform::update(change.session, trust);
    openstack::RevocationEvent event;
    event.trust_id = id;
    change.revoke(std::move(event));
  });
}

}  // namespace keystone::app
