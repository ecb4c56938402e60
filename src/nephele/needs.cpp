#include "nephele/needs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "platform/bus/rabbitmq.hpp"

namespace nephele {
namespace {

struct Need {
  std::string_view role, group, option;
  std::string_view short_name;  // in nephele.conf, which sets it for all services; empty: none
  std::string_view purpose;
};

constexpr std::string_view kCalls = "with it the service signs in to call the others";
constexpr std::string_view kMetadata = "signs what nova-api and the metadata agents say of servers";
constexpr std::string_view kTokens = "with it the service asks Keystone which tokens are revoked";

constexpr std::array kNeeds{
    Need{"glance-api", "keystone_authtoken", "password", "service_password", kTokens},
    Need{"cinder-api", "keystone_authtoken", "password", "service_password", kTokens},
    Need{"neutron-server", "keystone_authtoken", "password", "service_password", kTokens},
    Need{"neutron-server", "nova", "password", "service_password", kCalls},
    Need{"neutron-metadata-agent", "DEFAULT", "metadata_proxy_shared_secret",
         "metadata_proxy_shared_secret", kMetadata},
    Need{"nova-api", "keystone_authtoken", "password", "service_password", kTokens},
    Need{"nova-api", "neutron", "metadata_proxy_shared_secret", "metadata_proxy_shared_secret",
         kMetadata},
    Need{"nova-api", "service_user", "password", "service_password", kCalls},
    Need{"nova-scheduler", "service_user", "password", "service_password", kCalls},
    Need{"nova-conductor", "service_user", "password", "service_password", kCalls},
    Need{"nova-compute", "service_user", "password", "service_password", kCalls},
};

bool has_role(const std::vector<const RoleEntry*>& roles, std::string_view name) {
  return std::any_of(roles.begin(), roles.end(),
                     [&](const RoleEntry* role) { return role->name == name; });
}

// Roles of that service that are not in this process.
std::vector<std::string_view> list_others(const std::vector<const RoleEntry*>& here,
                                          std::string_view service) {
  std::vector<std::string_view> others;
  for (const RoleEntry& role : roles())
    if (role.service == service && !has_role(here, role.name)) others.push_back(role.name);
  return others;
}

std::string missing_bus(const CommandLine& line, const RoleEntry& role,
                        const std::vector<std::string_view>& others) {
  std::string names;
  for (const std::string_view other : others) names += fmt::format(" {}", other);
  return fmt::format(
      "{0} talks to other roles of {1} (not in this process:{2}) over a message queue: set "
      "[DEFAULT] transport_url in {3}/nephele.conf or {1}.conf, e.g. "
      "rabbit://USER:PASSWORD@HOST:5672/",
      role.name, role.service, names, line.config_dir);
}

std::string missing_option(const CommandLine& line, const RoleEntry& role, const Need& need) {
  std::string text = fmt::format("{} needs [{}] {} in {}/{}.conf", role.name, need.group,
                                 need.option, line.config_dir, role.service);
  if (!need.short_name.empty())
    text += fmt::format(", or [DEFAULT] {} in nephele.conf", need.short_name);
  return text + fmt::format(": {}. `nephele bootstrap` on the controller made one", need.purpose);
}

void add_missing(const CommandLine& line, const RoleEntry& role, const platform::Config& config,
                 std::vector<std::string>& missing) {
  for (const Need& need : kNeeds)
    if (need.role == role.name && config.text(need.group, need.option).empty())
      missing.push_back(missing_option(line, role, need));
}

}  // namespace

void check_needs(const CommandLine& line, const std::vector<const RoleEntry*>& roles,
                 const ServiceConfigs& configs) {
  std::vector<std::string> missing;
  for (const RoleEntry* role : roles) {
    const platform::Config& config = configs.at(role->service);
    const auto others = list_others(roles, role->service);
    if (get_service(role->service).has_bus && !others.empty() && !platform::has_broker(config))
      missing.push_back(missing_bus(line, *role, others));
    add_missing(line, *role, config, missing);
  }
  if (missing.empty()) return;
  std::string text = missing.front();
  for (size_t i = 1; i < missing.size(); ++i) text += "\nnephele: " + missing[i];
  throw base::Error(base::ErrorKind::bad_request, text);
}

std::vector<std::string> list_cautions(const std::vector<const RoleEntry*>& roles,
                                       const ServiceConfigs& configs) {
  std::vector<std::string> cautions;
  if (has_role(roles, "neutron-linuxbridge-agent") &&
      configs.at("neutron").text("vxlan", "local_ip").empty())
    cautions.emplace_back(
        "VXLAN networks end at this host: set my_ip in nephele.conf ([vxlan] local_ip in "
        "neutron.conf) to its address among the hosts");
  for (const RoleEntry* role : roles) {
    const platform::Config& config = configs.at(role->service);
    if (role->has_database && get_service(role->service).has_bus && platform::has_broker(config) &&
        config.text("database", "connection").empty())
      cautions.push_back(fmt::format(
          "{} keeps its data in an SQLite file of this host, which other hosts do not see: set "
          "[database] connection in {}.conf to a MariaDB",
          role->name, role->service));
  }
  return cautions;
}

}  // namespace nephele
