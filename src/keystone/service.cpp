#include "keystone/service.hpp"

#include <array>

#include "keystone/api/routes.hpp"
#include "keystone/app/core.hpp"
#include "keystone/policies.hpp"

namespace keystone {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::array kOptions{
    Option{"DEFAULT", "public_endpoint", OptionType::text, "",
           "Base URL of links in answers; made of the request's Host header if empty."},
    Option{"token", "expiration", OptionType::integer, "3600", "How long a token holds, seconds.",
           false, 1},
    Option{"fernet_tokens", "key_repository", OptionType::text, "/etc/keystone/fernet-keys/",
           "Directory of the keys that seal tokens."},
    Option{"fernet_tokens", "max_active_keys", OptionType::integer, "3",
           "How many keys a rotation keeps.", false, 1},
    Option{"identity", "default_domain_id", OptionType::text, "default",
           "Domain of requests that name none."},
    Option{"identity", "password_hash_rounds", OptionType::integer, "12",
           "Cost of bcrypt: each step doubles it.", false, 4, 31},
    Option{"security_compliance", "lockout_failure_attempts", OptionType::integer, "0",
           "Failed sign-ins in a row after which a user is locked out; 0: never.", false, 0},
    Option{"security_compliance", "lockout_duration", OptionType::integer, "1800",
           "How long a lockout lasts, seconds.", false, 1},
    Option{"security_compliance", "unique_last_password_count", OptionType::integer, "0",
           "How many former passwords, the present one included, a user can not choose again; 0: "
           "any can be chosen.",
           false, 0},
    Option{"security_compliance", "password_expires_days", OptionType::integer, "0",
           "After how many days a password must be changed; 0: never.", false, 0},
    Option{"security_compliance", "minimum_password_age", OptionType::integer, "0",
           "Days before users can change their password again.", false, 0},
    Option{"security_compliance", "password_regex", OptionType::text, "",
           "Regular expression that a password must match; empty: any password."},
    Option{"security_compliance", "password_regex_description", OptionType::text, "",
           "What users are told about password_regex."},
};

constexpr base::Duration kCleaningInterval = std::chrono::hours{1};
constexpr base::Duration kLearningInterval = std::chrono::seconds{1};

class Keystone final : public openstack::Role {
 public:
  explicit Keystone(openstack::RoleEnvironment environment)
      : core_(*environment.database, environment.runtime, *environment.tokens,
              app::settings_from(environment.config)),
        api_(definition(core_), environment.runtime, *environment.tokens),
        cleaner_(environment.runtime.executor, "revocations", kCleaningInterval,
                 [this] { core_.forget_old_revocations(); }),
        learner_(environment.runtime.executor, "revocations of others", kLearningInterval,
                 [this] { core_.learn_revocations(); }) {}

  openstack::Api* api() override { return &api_; }

 private:
  static openstack::ApiDefinition definition(app::Core& core) {
    openstack::ApiDefinition definition;
    definition.role = "keystone";
    definition.errors = openstack::ErrorStyle::keystone;
    definition.prefix = "/v3";
    definition.routes = api::all_routes(core);
    definition.public_routes = api::version_routes(core);
    definition.policies = policies();
    definition.keystone_url = core.settings.public_endpoint.empty() ? "http://127.0.0.1:5000/v3"
                                                                    : core.settings.public_endpoint;
    return definition;
  }

  app::Core core_;
  openstack::Api api_;
  platform::Periodic cleaner_;
  platform::Periodic learner_;
};

}  // namespace

std::span<const Option> options() { return kOptions; }

std::unique_ptr<openstack::Role> make_keystone(openstack::RoleEnvironment environment) {
  return std::make_unique<Keystone>(environment);
}

}  // namespace keystone
