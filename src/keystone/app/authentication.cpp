#include "keystone/app/authentication.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "keystone/app/scope.hpp"

namespace keystone::app {
namespace {

using openstack::TokenData;

std::optional<store::Project> find_domain(platform::Session& session, const Reference& reference) {
  if (!reference.domain_id.empty())
    return store::find_by_id<store::Project>(session, reference.domain_id);
  return store::find_domain(session, reference.domain_name);
}

bool is_locked_out(const Core& core, const store::User& user, base::TimePoint now) {
  const Settings& settings = core.settings;
  if (settings.lockout_failure_attempts == 0) return false;
  if (user.failed_auth_count < settings.lockout_failure_attempts) return false;
  return now < user.failed_auth_at + settings.lockout_duration;
}

void count_failure(Core& core, const store::User& user) {
  if (core.settings.lockout_failure_attempts == 0) return;
  core.change("failed_sign_in", [&](Change& change) {
    // After a lockout has passed, counting starts anew.
    const auto current = store::find_by_id<store::User>(change.session, user.id);
    if (!current) return;
    const bool over = current->failed_auth_count >= core.settings.lockout_failure_attempts;
    store::set_failed_sign_ins(change.session, user.id, over ? 1 : current->failed_auth_count + 1,
                               change.now);
  });
}

void forget_failures(Core& core, const store::User& user) {
  if (user.failed_auth_count == 0) return;
  core.change("signed_in", [&](Change& change) {
    store::set_failed_sign_ins(change.session, user.id, 0, user.failed_auth_at);
  });
}

bool ignores(const store::User& user, std::string_view option) {
  return base::boolean_or(base::parse_json(user.options), option, false);
}

// The option multi_factor_auth_rules: [["password","totp"], ...]; one row must be fulfilled.
bool satisfies_rules(const store::User& user, const std::vector<std::string>& methods) {
  const base::Json options = base::parse_json(user.options);
  if (!base::boolean_or(options, "multi_factor_auth_enabled", true)) return true;
  const base::Json* rules = base::find(options, "multi_factor_auth_rules");
  if (!rules || !rules->is_array() || rules->get_array().empty()) return true;
  const auto fulfilled = [&](const base::Json& rule) {
    return rule.is_array() && std::ranges::all_of(rule.get_array(), [&](const base::Json& method) {
             return method.is_string() &&
                    std::ranges::find(methods, std::string(method.get_string())) != methods.end();
           });
  };
  return std::ranges::any_of(rules->get_array(), fulfilled);
}

FoundUser sign_in_by_password(Core& core, const PasswordMethod& method) {
  const auto found = core.read(
      [&](platform::Session& session) { return find_enabled_user(session, method.user); });
  if (!found) {
    core.passwords.pretend_to_verify(method.password);
    throw unauthorized(
        fmt::format("user {}{} is not there or disabled", method.user.id, method.user.name));
  }
  verify_password(core, found->user, method.password);
  return *found;
}

void sign_in_by_token(Core& core, const std::string& token, Principal& principal) {
  const TokenData data = get_subject_token(core, token);
  Reference user;
  user.id = data.identity.user_id;
  auto found =
      core.read([&](platform::Session& session) { return find_enabled_user(session, user); });
  if (!found) throw unauthorized(fmt::format("user {} is not there or disabled", user.id));
  principal.user = std::move(*found);
  for (const std::string& method : data.methods)
    if (std::ranges::find(principal.methods, method) == principal.methods.end())
      principal.methods.push_back(method);
  principal.audit_chain_id = data.audit_ids.back();
  principal.expires_at = data.expires_at;
  principal.is_delegated = !data.trust_id.empty() || !data.application_credential_id.empty();
}

void sign_in_by_application_credential(Core& core, const ApplicationCredentialMethod& method,
                                       Principal& principal) {
  const base::TimePoint now = core.runtime.clock.now();
  const auto credential = core.read([&](platform::Session& session) {
    if (!method.id.empty())
      return store::find_by_id<store::ApplicationCredential>(session, method.id);
    const auto owner = find_enabled_user(session, method.user);
    if (!owner) return std::optional<store::ApplicationCredential>();
    return store::find_application_credential(session, owner->user.id, method.name);
  });
  if (!credential || (credential->expires_at && *credential->expires_at < now)) {
    core.passwords.pretend_to_verify(method.secret);
    throw unauthorized("application credential is not there or expired");
  }
  if (!core.passwords.matches_recently(credential->id, method.secret, credential->secret_hash))
    throw unauthorized(fmt::format("wrong secret of application credential {}", credential->id));
  Reference owner;
  owner.id = credential->user_id;
  auto found =
      core.read([&](platform::Session& session) { return find_enabled_user(session, owner); });
  if (!found) throw unauthorized(fmt::format("user {} is not there or disabled", owner.id));
  principal.user = std::move(*found);
  principal.application_credential = *credential;
}

Principal authenticate(Core& core, const SignIn& request) {
  Principal principal;
  principal.methods = request.methods;
  if (request.password) principal.user = sign_in_by_password(core, *request.password);
  if (request.application_credential)
    sign_in_by_application_credential(core, *request.application_credential, principal);
  const std::string known = principal.user.user.id;
  if (request.token) sign_in_by_token(core, *request.token, principal);
  if (!known.empty() && known != principal.user.user.id)
    throw unauthorized("the methods speak of different users");
  if (!satisfies_rules(principal.user.user, principal.methods))
    throw unauthorized(
        fmt::format("user {} must sign in with more methods", principal.user.user.id));
  return principal;
}

void refuse_rescoping(const Principal& principal, const SignIn& request) {
  if (!principal.is_delegated || request.scope == ScopeKind::unscoped) return;
  throw base::Error(base::ErrorKind::forbidden,
                    "Using a delegated token to get a token of another scope is not allowed.");
}

// 16 random bytes as Keystone writes them.
std::string new_audit_id(platform::Random& random) {
  std::string id = base::to_base64_url(random.bytes(16));
  id.erase(id.find_last_not_of('=') + 1);
  return id;
}

}  // namespace

base::Error unauthorized(std::string why) {
  return {base::ErrorKind::unauthorized, "The request you have made requires authentication.",
          std::move(why)};
}

std::optional<FoundUser> find_enabled_user(platform::Session& session, const Reference& reference) {
  std::optional<store::User> user;
  if (!reference.id.empty()) {
    user = store::find_by_id<store::User>(session, reference.id);
  } else if (const auto domain = find_domain(session, reference)) {
    user = store::find_user(session, reference.name, domain->id);
  }
  if (!user || !user->enabled) return std::nullopt;
  auto domain = store::find_by_id<store::Project>(session, user->domain_id);
  if (!domain || !domain->enabled) return std::nullopt;
  return FoundUser{std::move(*user), std::move(*domain)};
}

namespace {

// The password that fitted.
store::Password get_matching_password(Core& core, const store::User& user,
                                      const std::string& password) {
  auto current =
      core.read([&](platform::Session& session) { return store::find_password(session, user.id); });
  const bool may_lock_out = !ignores(user, "ignore_lockout_failure_attempts");
  if (!current || (may_lock_out && is_locked_out(core, user, core.runtime.clock.now()))) {
    core.passwords.pretend_to_verify(password);
    throw unauthorized(fmt::format("user {} has no password or is locked out", user.id));
  }
  if (!core.passwords.matches_recently(user.id, password, current->hash)) {
    if (may_lock_out) count_failure(core, user);
    throw unauthorized(fmt::format("wrong password of user {}", user.id));
  }
  forget_failures(core, user);
  return std::move(*current);
}

}  // namespace

void verify_password_to_change_it(Core& core, const store::User& user,
                                  const std::string& password) {
  (void)get_matching_password(core, user, password);
}

void verify_password(Core& core, const store::User& user, const std::string& password) {
  const store::Password current = get_matching_password(core, user, password);
  const bool expired = current.expires_at && *current.expires_at <= core.runtime.clock.now();
  if (expired && !ignores(user, "ignore_password_expiry"))
    throw base::Error(
        base::ErrorKind::unauthorized,
        fmt::format("The password is expired and needs to be changed for user: {}.", user.id));
}

Issued sign_in(Core& core, const SignIn& request) {
  const Principal principal = authenticate(core, request);
  refuse_rescoping(principal, request);
  const base::TimePoint now = core.runtime.clock.now();
  TokenData token = core.read(
      [&](platform::Session& session) { return scope_token(session, principal, request, now); });
  if (!token.trust_id.empty()) use_trust(core, token.trust_id);
  token.methods = principal.methods;
  token.audit_ids.push_back(new_audit_id(core.runtime.random));
  if (!principal.audit_chain_id.empty()) token.audit_ids.push_back(principal.audit_chain_id);
  token.issued_at = now;
  token.expires_at = principal.expires_at.value_or(now + core.settings.token_expiration);
  std::string text = core.tokens.issue(token);
  return {std::move(text), std::move(token)};
}

openstack::TokenData get_subject_token(Core& core, const std::string& token) {
  auto data = core.tokens.validate(token);
  if (!data) throw base::Error(base::ErrorKind::not_found, "Failed to validate token");
  return std::move(*data);
}

void revoke_token(Core& core, const std::string& token) {
  const TokenData data = get_subject_token(core, token);
  core.change("revoke_token", [&](Change& change) {
    openstack::RevocationEvent event;
    event.audit_id = data.audit_ids.front();
    change.revoke(std::move(event));
  });
}

}  // namespace keystone::app
