// Configuration of a domain's own identity back end, kept as Keystone keeps it: options of the
// groups "identity" and "ldap".
#pragma once

#include <map>
#include <string>

#include "base/json.hpp"
#include "keystone/app/core.hpp"

namespace keystone::app {

// Group -> option -> value. Options that hold a secret ("ldap" "password") are never read back.
using DomainConfig = std::map<std::string, std::map<std::string, base::Json>>;

// The defaults of every option that a domain may set.
[[nodiscard]] const DomainConfig& default_domain_config();

// Throws Error(forbidden) for a group or option that a domain may not set, as Keystone does.
[[nodiscard]] DomainConfig parse_domain_config(const base::Json& json);

// Throws not_found if the domain is not there.
[[nodiscard]] DomainConfig find_domain_config(Core& core, const std::string& domain_id);
// True: there was none before.
bool replace_domain_config(Core& core, const std::string& domain_id, const DomainConfig& config);
// Sets the options given and leaves the others. Throws not_found if a group or option that is to
// be updated is not configured.
void update_domain_config(Core& core, const std::string& domain_id, const DomainConfig& config);
// Deletes everything, a group, or an option; throws not_found if there is nothing to delete.
void delete_domain_config(Core& core, const std::string& domain_id, const std::string& group,
                          const std::string& option);

}  // namespace keystone::app
