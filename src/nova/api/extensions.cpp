// /extensions: the list that Nova has kept, unchanged, since extensions ended.
// https://docs.openstack.org/api-ref/compute/#extensions-extensions-deprecated
#include "nova/api/routes.hpp"

namespace nova::api {
namespace {

struct Extension {
  std::string_view alias;
  std::string_view name;
};
constexpr Extension kExtensions[] = {
    {"NMN", "Multinic"},
    {"OS-DCF", "DiskConfig"},
    {"OS-EXT-AZ", "ExtendedAvailabilityZone"},
    {"OS-EXT-IMG-SIZE", "ImageSize"},
    {"OS-EXT-IPS", "ExtendedIps"},
    {"OS-EXT-IPS-MAC", "ExtendedIpsMac"},
    {"OS-EXT-SRV-ATTR", "ExtendedServerAttributes"},
    {"OS-EXT-STS", "ExtendedStatus"},
    {"OS-FLV-DISABLED", "FlavorDisabled"},
    {"OS-FLV-EXT-DATA", "FlavorExtraData"},
    {"OS-SCH-HNT", "SchedulerHints"},
    {"OS-SRV-USG", "ServerUsage"},
    {"os-access-ips", "AccessIPs"},
    {"os-admin-actions", "AdminActions"},
    {"os-aggregates", "Aggregates"},
    {"os-attach-interfaces", "AttachInterfaces"},
    {"os-availability-zone", "AvailabilityZone"},
    {"os-block-device-mapping", "BlockDeviceMapping"},
    {"os-config-drive", "ConfigDrive"},
    {"os-console-output", "ConsoleOutput"},
    {"os-consoles", "Consoles"},
    {"os-deferred-delete", "DeferredDelete"},
    {"os-extended-quotas", "ExtendedQuotas"},
    {"os-extended-services", "ExtendedServices"},
    {"os-extended-services-delete", "ExtendedServicesDelete"},
    {"os-extended-volumes", "ExtendedVolumes"},
    {"os-flavor-access", "FlavorAccess"},
    {"os-flavor-extra-specs", "FlavorExtraSpecs"},
    {"os-flavor-manage", "FlavorManage"},
    {"os-flavor-rxtx", "FlavorRxtx"},
    {"os-flavor-swap", "FlavorSwap"},
    {"os-hosts", "Hosts"},
    {"os-hypervisors", "Hypervisors"},
    {"os-instance-actions", "InstanceActions"},
    {"os-instance_usage_audit_log", "InstanceUsageAuditLog"},
    {"os-keypairs", "Keypairs"},
    {"os-multiple-create", "MultipleCreate"},
    {"os-networks", "Networks"},
    {"os-pause-server", "PauseServer"},
    {"os-quota-class-sets", "QuotaClasses"},
    {"os-quota-sets", "Quotas"},
    {"os-security-groups", "SecurityGroups"},
    {"os-server-external-events", "ServerExternalEvents"},
    {"os-server-groups", "ServerGroups"},
    {"os-server-password", "ServerPassword"},
    {"os-server-start-stop", "ServerStartStop"},
    {"os-services", "Services"},
    {"os-simple-tenant-usage", "SimpleTenantUsage"},
    {"os-tenant-networks", "TenantNetworks"},
    {"os-used-limits", "UsedLimits"},
    {"os-user-data", "UserData"},
    {"os-user-quotas", "UserQuotas"},
};

void write_extension(base::JsonWriter& json, const Extension& extension) {
  json.begin_object();
  json.field("alias", extension.alias);
  json.field("name", extension.name);
  json.field("description", "");
  json.field("updated", "2014-12-03T00:00:00Z");
  json.field("namespace", "http://docs.openstack.org/compute/ext/fake_xml");
  json.key("links");
  json.raw("[]");
  json.end_object();
}

Response list_extensions(app::App&, ApiRequest&) {
  base::JsonWriter json;
  json.begin_object();
  json.key("extensions");
  json.begin_array();
  for (const Extension& extension : kExtensions) write_extension(json, extension);
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_extension(app::App&, ApiRequest& request) {
  for (const Extension& extension : kExtensions) {
    if (extension.alias != request.parameter("alias")) continue;
    base::JsonWriter json;
    json.begin_object();
    json.key("extension");
    write_extension(json, extension);
    json.end_object();
    return answer(json);
  }
  not_found("The resource could not be found.");
}

}  // namespace

openstack::Routes extension_routes(app::App& app) {
  return {
      {"GET", "/extensions", "os_compute_api:extensions", bind(app, list_extensions)},
      {"GET", "/extensions/{alias}", "os_compute_api:extensions", bind(app, show_extension)},
  };
}

}  // namespace nova::api
