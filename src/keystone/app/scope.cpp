#include "keystone/app/scope.hpp"

#include <algorithm>

#include "keystone/app/assignments.hpp"
#include "keystone/app/delegation.hpp"

namespace keystone::app {
namespace {

using openstack::Identity;
using openstack::TokenData;

void set_user(Identity& identity, const FoundUser& found) {
  identity.user_id = found.user.id;
  identity.user_name = found.user.name;
  identity.user_domain_id = found.domain.id;
  identity.user_domain_name = found.domain.name;
}

void set_roles(Identity& identity, const std::vector<store::Role>& roles) {
  if (roles.empty())
    throw unauthorized(fmt::format("user {} has no role in the requested scope", identity.user_id));
  for (const store::Role& role : roles) {
    std::string name = role.name;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    identity.roles.push_back(std::move(name));
    identity.role_ids.push_back(role.id);
  }
}

store::Project get_enabled_domain(platform::Session& session, const std::string& id,
                                  const std::string& name) {
  const auto domain = id.empty() ? store::find_domain(session, name)
                                 : store::find_by_id<store::Project>(session, id);
  if (!domain || !domain->is_domain || !domain->enabled)
    throw unauthorized(fmt::format("domain {}{} is not there or disabled", id, name));
  return *domain;
}

struct ProjectAndDomain {
  store::Project project;
  store::Project domain;
};

ProjectAndDomain get_enabled_project(platform::Session& session, const Reference& reference) {
  std::optional<store::Project> project;
  if (!reference.id.empty()) {
    project = store::find_by_id<store::Project>(session, reference.id);
  } else {
    const auto domain = get_enabled_domain(session, reference.domain_id, reference.domain_name);
    project = store::find_project(session, reference.name, domain.id);
  }
  if (!project || !project->enabled)
    throw unauthorized(
        fmt::format("project {}{} is not there or disabled", reference.id, reference.name));
  // A domain can act as a project: it is then its own domain.
  const std::string& domain_id = project->is_domain ? project->id : project->domain_id;
  return {*project, get_enabled_domain(session, domain_id, "")};
}

void set_project(Identity& identity, const ProjectAndDomain& found) {
  identity.project_id = found.project.id;
  identity.project_name = found.project.name;
  identity.project_domain_id = found.domain.id;
  identity.project_domain_name = found.domain.name;
}

void scope_to_project(platform::Session& session, const Reference& target, Identity& identity) {
  set_project(identity, get_enabled_project(session, target));
  set_roles(identity,
            effective_roles(session, identity.user_id, store::kProjectTarget, identity.project_id));
}

void scope_to_domain(platform::Session& session, const Reference& target, Identity& identity) {
  const std::string& name = target.name.empty() ? target.domain_name : target.name;
  const auto domain = get_enabled_domain(session, target.id, name);
  identity.domain_id = domain.id;
  identity.domain_name = domain.name;
  set_roles(identity, effective_roles(session, identity.user_id, store::kDomainTarget, domain.id));
}

void scope_to_system(platform::Session& session, Identity& identity) {
  identity.system = true;
  set_roles(identity, effective_roles(session, identity.user_id, store::kSystemTarget,
                                      std::string(store::kSystemTargetId)));
}

// The default project counts only if it can be had; else the token stays unscoped.
void scope_to_default_project(platform::Session& session, const store::User& user,
                              Identity& identity) {
  if (!user.default_project_id || user.default_project_id->empty()) return;
  Identity scoped = identity;
  Reference target;
  target.id = *user.default_project_id;
  try {
    scope_to_project(session, target, scoped);
  } catch (const base::Error&) {
    return;
  }
  identity = std::move(scoped);
}

// What was delegated, as far as whoever delegated it still has it.
std::vector<store::Role> delegated_roles(platform::Session& session, const std::string& user_id,
                                         const std::string& project_id,
                                         const std::string& json_role_ids) {
  const auto held = effective_roles(session, user_id, store::kProjectTarget, project_id);
  const auto delegated = with_implied_roles(session, ids_in(json_role_ids));
  for (const std::string& id : ids_in(json_role_ids))
    if (std::ranges::find(held, id, &store::Role::id) == held.end())
      throw base::Error(base::ErrorKind::forbidden,
                        "The delegated roles are no longer held by the user who delegated them.");
  return delegated;
}

void scope_to_trust(platform::Session& session, const Principal& principal,
                    const std::string& trust_id, base::TimePoint now, TokenData& token) {
  const auto trust = store::find_by_id<store::Trust>(session, trust_id);
  if (!trust || trust->deleted_at || (trust->expires_at && *trust->expires_at < now))
    throw unauthorized(fmt::format("trust {} is not there or expired", trust_id));
  if (trust->trustee_user_id != principal.user.user.id)
    throw base::Error(base::ErrorKind::forbidden, "User is not a trustee.");
  if (trust->remaining_uses && *trust->remaining_uses <= 0)
    throw unauthorized(fmt::format("trust {} has no uses left", trust_id));
  Reference trustor;
  trustor.id = trust->trustor_user_id;
  const auto found = find_enabled_user(session, trustor);
  if (!found) throw base::Error(base::ErrorKind::forbidden, "Trustor is disabled.");
  if (trust->impersonation) set_user(token.identity, *found);
  token.trust_id = trust_id;
  if (!trust->project_id) return;
  Reference project;
  project.id = *trust->project_id;
  set_project(token.identity, get_enabled_project(session, project));
  set_roles(token.identity,
            delegated_roles(session, trust->trustor_user_id, *trust->project_id, trust->roles));
}

void scope_to_application_credential(platform::Session& session,
                                     const store::ApplicationCredential& credential,
                                     TokenData& token) {
  // A token that were good for more than its rules say would be worse than none.
  if (!ids_in(credential.access_rules).empty())
    throw base::Error(base::ErrorKind::not_implemented,
                      "The services of this cloud do not enforce access rules yet. Use an "
                      "application credential without access rules.");
  Reference project;
  project.id = credential.project_id;
  set_project(token.identity, get_enabled_project(session, project));
  set_roles(token.identity,
            delegated_roles(session, credential.user_id, credential.project_id, credential.roles));
  token.application_credential_id = credential.id;
}

}  // namespace

openstack::TokenData scope_token(platform::Session& session, const Principal& principal,
                                 const SignIn& request, base::TimePoint now) {
  TokenData token;
  Identity& identity = token.identity;
  set_user(identity, principal.user);
  if (principal.application_credential) {
    if (request.scope != ScopeKind::implicit)
      throw base::Error(base::ErrorKind::unauthorized,
                        "Application credentials cannot request a scope.");
    scope_to_application_credential(session, *principal.application_credential, token);
    return token;
  }
  switch (request.scope) {
    case ScopeKind::implicit:
      scope_to_default_project(session, principal.user.user, identity);
      break;
    case ScopeKind::unscoped:
      break;
    case ScopeKind::project:
      scope_to_project(session, request.target, identity);
      break;
    case ScopeKind::domain:
      scope_to_domain(session, request.target, identity);
      break;
    case ScopeKind::system:
      scope_to_system(session, identity);
      break;
    case ScopeKind::trust:
      scope_to_trust(session, principal, request.target.id, now, token);
      break;
  }
  return token;
}

void use_trust(Core& core, const std::string& trust_id) {
  core.change("use_trust", [&](Change& change) {
    const auto trust = store::get_by_id<store::Trust>(change.session, trust_id);
    if (!trust.remaining_uses) return;
    if (!store::take_one_use(change.session, trust_id))
      throw unauthorized(fmt::format("trust {} has no uses left", trust_id));
  });
}

}  // namespace keystone::app
