// From who somebody is to what a token says: the scope, its names and its roles.
#pragma once

#include "keystone/app/authentication.hpp"

namespace keystone::app {

// What signing in has found out before any scope.
struct Principal {
  FoundUser user;
  std::vector<std::string> methods;
  std::string audit_chain_id;                 // of a token that was exchanged, or empty
  std::optional<base::TimePoint> expires_at;  // an exchanged token does not live longer
  std::optional<store::ApplicationCredential> application_credential;
  bool is_delegated = false;  // signed in with a token of a trust or application credential
};

// The token's contents but for its times and audit ids. Throws unauthorized(), forbidden.
[[nodiscard]] openstack::TokenData scope_token(platform::Session& session,
                                               const Principal& principal, const SignIn& request,
                                               base::TimePoint now);
// Takes one of the trust's remaining uses, if they are counted.
void use_trust(Core& core, const std::string& trust_id);

}  // namespace keystone::app
