// Every option that Cinder's control plane reads, under oslo.config's names.
#include <array>

#include "cinder/app/settings.hpp"
#include "cinder/service.hpp"

namespace cinder {
namespace {

using platform::Option;
using platform::OptionType;

constexpr Option kOptions[] = {
    {"DEFAULT", "service_down_time", OptionType::integer, "60",
     "seconds without a report after which a service counts as down", false, 1},
    {"DEFAULT", "report_interval", OptionType::integer, "10",
     "seconds between reports of a service", false, 1},
    {"DEFAULT", "storage_availability_zone", OptionType::text, "nova",
     "zone of this host's services, and of volumes that name none"},
    {"DEFAULT", "allow_availability_zone_fallback", OptionType::boolean, "false",
     "a volume whose zone does not exist goes to any instead of being refused"},
    {"DEFAULT", "default_volume_type", OptionType::text, "__DEFAULT__",
     "type of volumes that name none"},
    {"DEFAULT", "enable_force_upload", OptionType::boolean, "false",
     "a volume in use becomes an image if its user forces that; else the force is ignored"},
    {"DEFAULT", "message_ttl", OptionType::integer, "2592000",
     "seconds that messages to users are kept", false, 1},
    {"DEFAULT", "osapi_max_limit", OptionType::integer, "1000", "most items of one page of a list",
     false, 1},
    {"DEFAULT", "scheduler_max_attempts", OptionType::integer, "3",
     "pools in which the creation of a volume is tried", false, 1},
    {"DEFAULT", "scheduler_default_filters", OptionType::list,
     "AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter,SameBackendFilter,"
     "DifferentBackendFilter,IgnoreAttemptedHostsFilter",
     "filters that a pool must pass, in order"},
    {"DEFAULT", "scheduler_default_weighers", OptionType::list,
     "CapacityWeigher,AllocatedCapacityWeigher",
     "weighers that pools are compared by; GoodnessWeigher by their goodness_function"},
    {"DEFAULT", "capacity_weight_multiplier", OptionType::real, "1.0",
     "negative: fill pools instead of spreading"},
    {"DEFAULT", "allocated_capacity_weight_multiplier", OptionType::real, "-1.0",
     "negative: prefer pools of which little is promised"},
    {"DEFAULT", "quota_volumes", OptionType::integer, "10", "volumes of a project; -1: any", false,
     -1},
    {"DEFAULT", "quota_snapshots", OptionType::integer, "10", "snapshots of a project", false, -1},
    {"DEFAULT", "quota_gigabytes", OptionType::integer, "1000",
     "GiB of volumes and snapshots of a project", false, -1},
    {"DEFAULT", "quota_backups", OptionType::integer, "10", "backups of a project", false, -1},
    {"DEFAULT", "quota_backup_gigabytes", OptionType::integer, "1000",
     "GiB of backups of a project", false, -1},
    {"DEFAULT", "quota_groups", OptionType::integer, "10", "groups of volumes of a project", false,
     -1},
    {"DEFAULT", "per_volume_size_limit", OptionType::integer, "-1", "GiB of a volume; -1: any",
     false, -1},
    {"DEFAULT", "glance_api_servers", OptionType::text, "http://127.0.0.1:9292",
     "address of the Image service"},
    {"nova", "endpoint_override", OptionType::text, "http://127.0.0.1:8774",
     "address of the Compute service, which is told of volumes that grow"},
    {"service_user", "auth_url", OptionType::text, "http://127.0.0.1:5000/v3",
     "address of the Identity service"},
    {"service_user", "username", OptionType::text, "cinder", "Cinder's own user"},
    {"service_user", "password", OptionType::text, "", "its password", true},
    {"service_user", "project_name", OptionType::text, "service", "its project"},
};

// The API's words for the options of quotas.
struct QuotaOption {
  std::string_view resource;
  std::string_view option;
};
constexpr std::array kQuotas{
    QuotaOption{"volumes", "quota_volumes"},
    QuotaOption{"snapshots", "quota_snapshots"},
    QuotaOption{"gigabytes", "quota_gigabytes"},
    QuotaOption{"backups", "quota_backups"},
    QuotaOption{"backup_gigabytes", "quota_backup_gigabytes"},
    QuotaOption{"groups", "quota_groups"},
    QuotaOption{"per_volume_gigabytes", "per_volume_size_limit"},
};

}  // namespace

std::span<const Option> options() { return kOptions; }

namespace app {

Settings read_settings(const platform::Config& config) {
  const auto seconds = [&](std::string_view name) {
    return std::chrono::duration_cast<base::Duration>(
        std::chrono::seconds{config.integer("DEFAULT", name)});
  };
  Settings settings;
  settings.service_down_time = seconds("service_down_time");
  settings.report_interval = seconds("report_interval");
  if (settings.report_interval >= settings.service_down_time)
    throw base::Error(base::ErrorKind::bad_request,
                      "[DEFAULT] report_interval must be less than service_down_time: a service "
                      "would count as down between two reports.");
  settings.max_attempts = config.integer("DEFAULT", "scheduler_max_attempts");
  settings.max_limit = config.integer("DEFAULT", "osapi_max_limit");
  settings.zone = config.text("DEFAULT", "storage_availability_zone");
  settings.zone_fallback = config.boolean("DEFAULT", "allow_availability_zone_fallback");
  settings.default_volume_type = config.text("DEFAULT", "default_volume_type");
  settings.message_ttl = seconds("message_ttl");
  settings.enable_force_upload = config.boolean("DEFAULT", "enable_force_upload");
  for (const QuotaOption& quota : kQuotas)
    settings.quotas[std::string(quota.resource)] = config.integer("DEFAULT", quota.option);
  settings.filters = config.list("DEFAULT", "scheduler_default_filters");
  settings.weighers = config.list("DEFAULT", "scheduler_default_weighers");
  for (const char* const name :
       {"capacity_weight_multiplier", "allocated_capacity_weight_multiplier"})
    settings.weights[name] = config.real("DEFAULT", name);
  settings.credentials = {config.text("service_user", "auth_url"),
                          config.text("service_user", "username"),
                          config.text("service_user", "password"),
                          config.text("service_user", "project_name"), "default"};
  settings.glance_url = config.text("DEFAULT", "glance_api_servers");
  settings.nova_url = config.text("nova", "endpoint_override");
  return settings;
}

}  // namespace app
}  // namespace cinder
