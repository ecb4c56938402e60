// Every option that Nova's control plane reads, under oslo.config's names.
#include "base/text.hpp"
#include "nova/app/settings.hpp"
#include "nova/service.hpp"

namespace nova {
namespace {

using platform::Option;
using platform::OptionType;

constexpr Option kOptions[] = {
    {"DEFAULT", "cpu_allocation_ratio", OptionType::real, "4.0",
     "virtual CPUs promised per CPU of a host"},
    {"DEFAULT", "ram_allocation_ratio", OptionType::real, "1.0",
     "memory promised per memory of a host"},
    {"DEFAULT", "disk_allocation_ratio", OptionType::real, "1.0",
     "disk promised per disk of a host"},
    {"DEFAULT", "reserved_host_memory_mb", OptionType::integer, "0",
     "MiB of a host's memory that no server gets", false, 0},
    {"DEFAULT", "service_down_time", OptionType::integer, "60",
     "seconds without a report after which a service counts as down", false, 1},
    {"DEFAULT", "report_interval", OptionType::integer, "10",
     "seconds between reports of a service", false, 1},
    {"DEFAULT", "force_config_drive", OptionType::boolean, "false",
     "give every server a config drive"},
    {"DEFAULT", "max_local_block_devices", OptionType::integer, "3",
     "disks of its host that a server may have, its root included; -1: any number", false, -1},
    {"DEFAULT", "default_availability_zone", OptionType::text, "nova",
     "zone of hosts that no aggregate puts into one"},
    {"DEFAULT", "default_schedule_zone", OptionType::text, "",
     "zone of servers that name none; empty: any"},
    {"api", "max_limit", OptionType::integer, "1000", "most items of one page of a list", false, 1},
    {"scheduler", "max_attempts", OptionType::integer, "3",
     "hosts on which the build of a server is tried", false, 1},
    {"filter_scheduler", "enabled_filters", OptionType::list,
     "ComputeFilter,RetryFilter,RequestedHostFilter,AvailabilityZoneFilter,RamFilter,CoreFilter,"
     "DiskFilter,ImagePropertiesFilter,SameHostFilter,DifferentHostFilter,"
     "ServerGroupAffinityFilter,ServerGroupAntiAffinityFilter",
     "filters that a host must pass, in order"},
    {"filter_scheduler", "ram_weight_multiplier", OptionType::real, "1.0",
     "negative: fill hosts instead of spreading"},
    {"filter_scheduler", "cpu_weight_multiplier", OptionType::real, "1.0", "as for memory"},
    {"filter_scheduler", "disk_weight_multiplier", OptionType::real, "1.0", "as for memory"},
    {"filter_scheduler", "io_ops_weight_multiplier", OptionType::real, "-1.0",
     "negative: prefer hosts on which little is in progress"},
    {"filter_scheduler", "soft_affinity_weight_multiplier", OptionType::real, "1.0",
     "how much servers of a soft-affinity group attract each other"},
    {"filter_scheduler", "soft_anti_affinity_weight_multiplier", OptionType::real, "1.0",
     "how much servers of a soft-anti-affinity group repel each other"},
    {"quota", "instances", OptionType::integer, "10", "servers of a project; -1: any", false, -1},
    {"quota", "cores", OptionType::integer, "20", "virtual CPUs of a project", false, -1},
    {"quota", "ram", OptionType::integer, "51200", "MiB of memory of a project", false, -1},
    {"quota", "metadata_items", OptionType::integer, "128", "metadata items of a server", false,
     -1},
    {"quota", "injected_files", OptionType::integer, "5", "personality files of a server", false,
     -1},
    {"quota", "injected_file_content_bytes", OptionType::integer, "10240",
     "bytes of a personality file", false, -1},
    {"quota", "injected_file_path_length", OptionType::integer, "255",
     "characters of the path of a personality file", false, -1},
    {"quota", "key_pairs", OptionType::integer, "100", "key pairs of a user", false, -1},
    {"quota", "server_groups", OptionType::integer, "10", "server groups of a project", false, -1},
    {"quota", "server_group_members", OptionType::integer, "10", "servers of a server group", false,
     -1},
    {"neutron", "endpoint_override", OptionType::text, "http://127.0.0.1:9696",
     "address of the Networking service"},
    {"neutron", "metadata_proxy_shared_secret", OptionType::text, "",
     "secret with which the metadata agent signs; empty: requests are refused", true},
    {"glance", "endpoint_override", OptionType::text, "http://127.0.0.1:9292",
     "address of the Image service"},
    {"cinder", "endpoint_override", OptionType::text, "http://127.0.0.1:8776",
     "address of the Block Storage service"},
    {"service_user", "auth_url", OptionType::text, "http://127.0.0.1:5000/v3",
     "address of the Identity service"},
    {"service_user", "username", OptionType::text, "nova", "Nova's own user"},
    {"service_user", "password", OptionType::text, "", "its password", true},
    {"service_user", "project_name", OptionType::text, "service", "its project"},
};

}  // namespace

std::span<const platform::Option> options() { return kOptions; }

namespace app {

Settings read_settings(const platform::Config& config) {
  const auto seconds = [&](std::string_view name) {
    return std::chrono::duration_cast<base::Duration>(
        std::chrono::seconds{config.integer("DEFAULT", name)});
  };
  Settings settings;
  settings.ratios = {config.real("DEFAULT", "cpu_allocation_ratio"),
                     config.real("DEFAULT", "ram_allocation_ratio"),
                     config.real("DEFAULT", "disk_allocation_ratio")};
  settings.reserved_host_memory_mib = config.integer("DEFAULT", "reserved_host_memory_mb");
  settings.service_down_time = seconds("service_down_time");
  settings.report_interval = seconds("report_interval");
  if (settings.report_interval >= settings.service_down_time)
    throw base::Error(base::ErrorKind::bad_request,
                      "[DEFAULT] report_interval must be less than service_down_time: a service "
                      "would count as down between two reports.");
  settings.max_attempts = config.integer("scheduler", "max_attempts");
  settings.max_limit = config.integer("api", "max_limit");
  settings.force_config_drive = config.boolean("DEFAULT", "force_config_drive");
  settings.max_local_block_devices = config.integer("DEFAULT", "max_local_block_devices");
  settings.default_zone = config.text("DEFAULT", "default_availability_zone");
  settings.default_schedule_zone = config.text("DEFAULT", "default_schedule_zone");
  for (const Option& option : kOptions)
    if (option.group == "quota")
      settings.quotas[std::string(option.name)] = config.integer("quota", option.name);
  // The API's word for it.
  settings.quotas["injected_file_path_bytes"] = settings.quotas["injected_file_path_length"];
  settings.quotas.erase("injected_file_path_length");
  settings.filters = config.list("filter_scheduler", "enabled_filters");
  const auto weight = [&](std::string_view name) { return config.real("filter_scheduler", name); };
  settings.weights = {
      weight("ram_weight_multiplier"),           weight("cpu_weight_multiplier"),
      weight("disk_weight_multiplier"),          weight("io_ops_weight_multiplier"),
      weight("soft_affinity_weight_multiplier"), weight("soft_anti_affinity_weight_multiplier")};
  settings.credentials = {config.text("service_user", "auth_url"),
                          config.text("service_user", "username"),
                          config.text("service_user", "password"),
                          config.text("service_user", "project_name"), "default"};
  settings.neutron_url = config.text("neutron", "endpoint_override");
  settings.glance_url = config.text("glance", "endpoint_override");
  settings.cinder_url = config.text("cinder", "endpoint_override");
  settings.metadata_secret = config.text("neutron", "metadata_proxy_shared_secret");
  return settings;
}

}  // namespace app
}  // namespace nova
