// What a user hands out: application credentials and trusts.
#pragma once

#include "keystone/app/core.hpp"
#include "keystone/store/delegation.hpp"
#include "keystone/store/roles.hpp"
#include "openstack/context.hpp"

namespace keystone::app {

// A role as clients name it: by id or by name.
struct RoleReference {
  std::string id;
  std::string name;
};
struct AccessRuleSpec {
  std::string id;  // of one that exists, or the rest
  std::string service;
  std::string path;
  std::string method;
};

struct ApplicationCredentialSpec {
  std::string user_id;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> secret;  // absent: a random one is made
  std::optional<base::TimePoint> expires_at;
  bool is_unrestricted = false;
  std::vector<RoleReference> roles;  // empty: those of the caller's token
  std::vector<AccessRuleSpec> access_rules;
};
struct NewApplicationCredential {
  store::ApplicationCredential credential;
  std::string secret;  // shown this once
};
// For the project and the roles of the caller's token. Throws bad_request (no project, roles the
// caller lacks), conflict (name), forbidden (a token of a restricted application credential).
[[nodiscard]] NewApplicationCredential create_application_credential(
    Core& core, const openstack::Context& context, const ApplicationCredentialSpec& spec);
void delete_application_credential(Core& core, const openstack::Context& context,
                                   const std::string& user_id, const std::string& id);
// Throws Error(not_found) also if it is another user's.
[[nodiscard]] store::ApplicationCredential get_application_credential(platform::Session& session,
                                                                      const std::string& user_id,
                                                                      const std::string& id);
[[nodiscard]] store::AccessRule get_access_rule(platform::Session& session,
                                                const std::string& user_id, const std::string& id);
// Throws Error(forbidden) while an application credential uses it.
void delete_access_rule(Core& core, const std::string& user_id, const std::string& id);

struct TrustSpec {
  std::string trustor_user_id;
  std::string trustee_user_id;
  std::optional<std::string> project_id;
  bool impersonation = false;
  std::optional<base::TimePoint> expires_at;
  std::optional<int64_t> remaining_uses;
  std::vector<RoleReference> roles;
};
// Throws not_found (trustee, project, a role the trustor lacks), bad_request, forbidden.
[[nodiscard]] store::Trust create_trust(Core& core, const openstack::Context& context,
                                        const TrustSpec& spec);
// Throws Error(not_found) for one that was deleted.
[[nodiscard]] store::Trust get_trust(platform::Session& session, const std::string& id);
// Ends the tokens that were made with it.
void delete_trust(Core& core, const std::string& id);

// The ids in a JSON array of ids.
[[nodiscard]] std::vector<std::string> ids_in(const std::string& json_array);
[[nodiscard]] std::string to_json_array(const std::vector<std::string>& ids);
// The rows of roles that are still there.
[[nodiscard]] std::vector<store::Role> roles_in(platform::Session& session,
                                                const std::string& json_array);

}  // namespace keystone::app
