// /os-volume-manage and /os-snapshot-manage, which 3.8 calls /manageable_volumes and
// /manageable_snapshots.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-manage-extension-os-volume-manage
#include "cinder/app/manage.hpp"

#include <fmt/format.h>

#include "cinder/api/routes.hpp"
#include "cinder/api/snapshot_view.hpp"
#include "cinder/api/volume_view.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;

app::ManageWish read_manage_wish(const Json& wanted) {
  app::ManageWish wish;
  wish.source_name = base::text_or(*base::find(wanted, "ref"), "source-name");
  if (wish.source_name.empty())
    bad_request(
        "Manage existing volume failed due to invalid backend reference: Reference must contain "
        "source-name element.");
  wish.host = text_member(wanted, "host").value_or("");
  wish.volume_id = text_member(wanted, "volume_id").value_or("");
  wish.name = text_member(wanted, "name");
  wish.description = text_member(wanted, "description");
  if (const Json* metadata = base::find(wanted, "metadata"); metadata && metadata->is_object())
    wish.metadata = base::from_json<openstack::Metadata>(*metadata);
  wish.volume_type = text_member(wanted, "volume_type").value_or("");
  wish.availability_zone = text_member(wanted, "availability_zone").value_or("");
  if (const Json* flag = base::find(wanted, "bootable")) wish.bootable = flag_of(*flag);
  return wish;
}

Response manage_volume(app::App& app, ApiRequest& request) {
  const auto wish = read_manage_wish(inner(request, "volume"));
  return answer_changed_volume(app, request, app::manage_volume(app, request.context, wish), 202);
}

Response manage_snapshot(app::App& app, ApiRequest& request) {
  const auto wish = read_manage_wish(inner(request, "snapshot"));
  return answer_snapshot(request, app::manage_snapshot(app, request.context, wish), 202,
                         SnapshotForm::summary);
}

std::string manage_schema(std::string_view key, std::string_view more, std::string_view required) {
  return fmt::format(
      R"({{"type":"object","properties":{{"{}":{{"type":"object","properties":{{"ref":{{"type":)"
      R"("object"}},"name":{},"description":{},"metadata":{{"type":["object","null"],)"
      R"("patternProperties":{{"^[a-zA-Z0-9-_:. ]{{1,255}}$":{{"type":"string",)"
      R"("maxLength":255}}}},"additionalProperties":false}},{}}},"required":["ref",{}],)"
      R"("additionalProperties":false}}}},"required":["{}"],"additionalProperties":false}})",
      key, kNameSchema, kNameSchema, more, required, key);
}

}  // namespace

openstack::Routes manage_routes(app::App& app) {
  static const openstack::Schema volume_schema(manage_schema(
      "volume",
      fmt::format(R"("host":{{"type":"string","minLength":1,"maxLength":255}},"volume_type":{},)"
                  R"("availability_zone":{},"bootable":{})",
                  kNameSchema, kNameSchema, kFlagSchema),
      "\"host\""));
  static const openstack::Schema snapshot_schema(manage_schema(
      "snapshot", R"("volume_id":{"type":"string","format":"uuid"})", "\"volume_id\""));
  constexpr std::string_view kVolume = "volume_extension:volume_manage";
  constexpr std::string_view kSnapshot = "snapshot_extension:snapshot_manage";
  constexpr Microversion kRenamed{3, 8};
  return {
      {"POST", "/os-volume-manage", kVolume, bind(app, manage_volume), &volume_schema},
      {"POST", "/manageable_volumes", kVolume, bind(app, manage_volume), &volume_schema, kRenamed},
      {"POST", "/os-snapshot-manage", kSnapshot, bind(app, manage_snapshot), &snapshot_schema},
      {"POST", "/manageable_snapshots", kSnapshot, bind(app, manage_snapshot), &snapshot_schema,
       kRenamed},
  };
}

}  // namespace cinder::api
