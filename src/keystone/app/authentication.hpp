// Signing in: who somebody is (password, token, application credential), what they may do in the
// scope that they ask for, and the token that says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keystone/app/core.hpp"
#include "keystone/store/delegation.hpp"
#include "keystone/store/projects.hpp"
#include "keystone/store/users.hpp"

namespace keystone::app {

// Something named by id, or by name within a domain named by id or name.
struct Reference {
  std::string id;
  std::string name;
  std::string domain_id;
  std::string domain_name;
};

struct PasswordMethod {
  Reference user;
  std::string password;
};
struct ApplicationCredentialMethod {
  std::string id;
  std::string name;  // with `user`, instead of the id
  Reference user;
  std::string secret;
};

enum class ScopeKind { implicit, unscoped, project, domain, system, trust };

struct SignIn {
  std::vector<std::string> methods;
  std::optional<PasswordMethod> password;
  std::optional<std::string> token;
  std::optional<ApplicationCredentialMethod> application_credential;
  ScopeKind scope = ScopeKind::implicit;  // implicit: the user's default project, else unscoped
  Reference target;                       // project, domain or trust
};

struct Issued {
  std::string token;
  openstack::TokenData data;
};

// Throws Error(unauthorized) that does not tell what was wrong, not_found for a token that does
// not hold (as Keystone does), forbidden for scopes that a delegated token may not leave.
[[nodiscard]] Issued sign_in(Core& core, const SignIn& request);

// The token behind X-Subject-Token; throws Error(not_found) if it does not hold.
[[nodiscard]] openstack::TokenData get_subject_token(Core& core, const std::string& token);
void revoke_token(Core& core, const std::string& token);

// "The request you have made requires authentication."; `why` goes to the log only.
[[nodiscard]] base::Error unauthorized(std::string why);

// Verifies a user's password with lockout; throws unauthorized(). A password that is right but has
// expired is good only to set a new one.
void verify_password(Core& core, const store::User& user, const std::string& password);
void verify_password_to_change_it(Core& core, const store::User& user, const std::string& password);

// The user that a reference means, if it and its domain are there and enabled.
struct FoundUser {
  store::User user;
  store::Project domain;
};
[[nodiscard]] std::optional<FoundUser> find_enabled_user(platform::Session& session,
                                                         const Reference& reference);

}  // namespace keystone::app
