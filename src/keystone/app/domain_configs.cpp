#include "keystone/app/domain_configs.hpp"

#include "keystone/store/domain_configs.hpp"
#include "keystone/store/projects.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;

// keystone/conf/ldap.py and keystone/resource/core.py (whitelisted and sensitive options).
constexpr std::string_view kDefaults = R"({
"identity": {"driver": "sql", "list_limit": null},
"ldap": {
  "url": "ldap://localhost", "user": null, "suffix": "cn=example,cn=com",
  "query_scope": "one", "page_size": 0, "alias_dereferencing": "default", "debug_level": null,
  "chase_referrals": null, "user_tree_dn": null, "user_filter": null,
  "user_objectclass": "inetOrgPerson", "user_id_attribute": "cn", "user_name_attribute": "sn",
  "user_mail_attribute": "mail", "user_description_attribute": "description",
  "user_pass_attribute": "userPassword", "user_enabled_attribute": "enabled",
  "user_enabled_invert": false, "user_enabled_mask": 0, "user_enabled_default": "True",
  "user_attribute_ignore": ["default_project_id"], "user_default_project_id_attribute": null,
  "user_enabled_emulation": false, "user_enabled_emulation_dn": null,
  "user_enabled_emulation_use_group_config": false, "user_additional_attribute_mapping": [],
  "group_tree_dn": null, "group_filter": null, "group_objectclass": "groupOfNames",
  "group_id_attribute": "cn", "group_name_attribute": "ou", "group_member_attribute": "member",
  "group_desc_attribute": "description", "group_attribute_ignore": [],
  "group_additional_attribute_mapping": [], "group_members_are_ids": false,
  "tls_cacertfile": null, "tls_cacertdir": null, "use_tls": false, "tls_req_cert": "demand",
  "use_pool": true, "pool_size": 10, "pool_retry_max": 3, "pool_retry_delay": 0.1,
  "pool_connection_timeout": -1, "pool_connection_lifetime": 600, "use_auth_pool": true,
  "auth_pool_size": 100, "auth_pool_connection_lifetime": 60
}})";

bool is_secret(std::string_view group, std::string_view option) {
  return group == "ldap" && option == "password";
}

bool is_settable(const std::string& group, const std::string& option) {
  const auto found = default_domain_config().find(group);
  return found != default_domain_config().end() &&
         (is_secret(group, option) || found->second.contains(option));
}

void put_all(Change& change, const std::string& domain_id, const DomainConfig& config) {
  for (const auto& [group, options] : config)
    for (const auto& [option, value] : options)
      store::put_domain_option(change.session, {domain_id, group, option, base::to_text(value)});
}

}  // namespace

const DomainConfig& default_domain_config() {
  static const DomainConfig defaults = [] {
    DomainConfig config;
    const Json json = base::parse_json(kDefaults);
    for (const auto& [group, options] : json.as_object())
      for (const auto& [option, value] : options.as_object()) config[group][option] = value;
    return config;
  }();
  return defaults;
}

DomainConfig parse_domain_config(const Json& json) {
  DomainConfig config;
  if (!json.is_object() || json.get_object().empty())
    throw Error(ErrorKind::bad_request, "No options specified");
  for (const auto& [group, options] : json.get_object()) {
    const std::string group_name(group);
    if (!default_domain_config().contains(group_name))
      throw Error(
          ErrorKind::forbidden,
          fmt::format("Group {} is not supported for domain specific configurations", group_name));
    if (!options.is_object())
      throw Error(ErrorKind::bad_request,
                  fmt::format("The value of group {} specified in the config should be a "
                              "dictionary of options",
                              group_name));
    for (const auto& [option, value] : options.get_object()) {
      const std::string option_name(option);
      if (!is_settable(group_name, option_name))
        throw Error(ErrorKind::forbidden,
                    fmt::format("Option {} in group {} is not supported for domain specific "
                                "configurations",
                                option_name, group_name));
      config[group_name][option_name] = value;
    }
  }
  return config;
}

DomainConfig find_domain_config(Core& core, const std::string& domain_id) {
  return core.read([&](platform::Session& session) {
    (void)store::get_domain(session, domain_id);
    DomainConfig config;
    for (const store::DomainOption& row : store::list_domain_options(session, domain_id))
      if (!is_secret(row.option_group, row.option_name))
        config[row.option_group][row.option_name] = base::parse_json(row.value);
    return config;
  });
}

bool replace_domain_config(Core& core, const std::string& domain_id, const DomainConfig& config) {
  return core.change("replace_domain_config", [&](Change& change) {
    (void)store::get_domain(change.session, domain_id);
    const bool is_new = store::delete_domain_options(change.session, domain_id, "", "") == 0;
    put_all(change, domain_id, config);
    return is_new;
  });
}

void update_domain_config(Core& core, const std::string& domain_id, const DomainConfig& config) {
  core.change("update_domain_config", [&](Change& change) {
    (void)store::get_domain(change.session, domain_id);
    put_all(change, domain_id, config);
  });
}

void delete_domain_config(Core& core, const std::string& domain_id, const std::string& group,
                          const std::string& option) {
  core.change("delete_domain_config", [&](Change& change) {
    (void)store::get_domain(change.session, domain_id);
    const int64_t deleted = store::delete_domain_options(change.session, domain_id, group, option);
    if (deleted == 0)
      throw Error(ErrorKind::not_found,
                  fmt::format("Could not find {} in domain configuration for domain {}.",
                              option.empty() ? (group.empty() ? "any options" : "group " + group)
                                             : "option " + option + " in group " + group,
                              domain_id));
  });
}

}  // namespace keystone::app
