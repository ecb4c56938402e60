// /extensions: what this API has beyond the first, in the words of its first years.
// https://docs.openstack.org/api-ref/block-storage/v3/#api-extensions-extensions
#include "cinder/api/routes.hpp"

namespace cinder::api {
namespace {

struct Extension {
  std::string_view alias;
  std::string_view name;
};
constexpr Extension kExtensions[] = {
    {"capabilities", "Capabilities"},
    {"encryption", "VolumeTypeEncryption"},
    {"os-admin-actions", "AdminActions"},
    {"os-availability-zone", "AvailabilityZones"},
    {"os-extended-snapshot-attributes", "ExtendedSnapshotAttributes"},
    {"os-hosts", "Hosts"},
    {"os-quota-class-sets", "QuotaClasses"},
    {"os-quota-sets", "Quotas"},
    {"OS-SCH-HNT", "SchedulerHints"},
    {"os-services", "Services"},
    {"os-snapshot-actions", "SnapshotActions"},
    {"os-types-extra-specs", "TypesExtraSpecs"},
    {"os-types-manage", "TypesManage"},
    {"os-used-limits", "UsedLimits"},
    {"os-vol-host-attr", "VolumeHostAttribute"},
    {"os-vol-image-meta", "VolumeImageMetadata"},
    {"os-vol-mig-status-attr", "VolumeMigStatusAttribute"},
    {"os-vol-tenant-attr", "VolumeTenantAttribute"},
    {"os-volume-actions", "VolumeActions"},
    {"os-volume-transfer", "VolumeTransfer"},
    {"os-volume-type-access", "VolumeTypeAccess"},
    {"qos-specs", "Qos_specs_manage"},
    {"scheduler-stats", "Scheduler_stats"},
};

void write_extension(base::JsonWriter& json, const Extension& extension) {
  json.begin_object();
  json.field("name", extension.name);
  json.field("alias", extension.alias);
  json.field("description", extension.name);
  json.field("updated", "2013-01-01T00:00:00+00:00");
  json.key("links");
  json.raw("[]");
  json.end_object();
}

Response list_all_extensions(app::App&, ApiRequest&) {
  base::JsonWriter json;
  json.begin_object();
  json.key("extensions");
  json.begin_array();
  for (const Extension& extension : kExtensions) write_extension(json, extension);
  json.end_array();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes extension_routes(app::App& app) {
  return {{"GET", "/extensions", "volume:extensions", bind(app, list_all_extensions)}};
}

}  // namespace cinder::api
